// Opens the given folder and ends. ClickHouse writes the reason of a failed open only to standard error.
import { Session } from 'chdb';

new Session(process.argv[2]).close();
process.exit(0);
