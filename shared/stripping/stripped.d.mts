export declare function folderIn(root?: string): string;
export declare function stripped(source: string, folder?: string): string | undefined;
export declare function prepare(root?: string): { made: number; problem: string | undefined };
export declare function strip(source: string): string;
