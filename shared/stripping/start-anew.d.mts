export declare function startAnew(command: 'gateway' | 'cloud'): Promise<void>;
export declare function modestThreads(): void;
