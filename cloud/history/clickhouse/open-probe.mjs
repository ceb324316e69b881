// Opens the folder that is named, and ends: what is wrong with it ClickHouse writes to standard error and nowhere else.
import { Session } from 'chdb';

new Session(process.argv[2]).close();
process.exit(0);
