/*
 * A disk whose every fsync takes SLOW_FSYNC_MS longer: loaded into the gateway in front of the C library (LD_PRELOAD).
 * What has to be on disk still gets there.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_for_the_disk(void) {
  const char *text = getenv("SLOW_FSYNC_MS");
  long ms = text == NULL ? 0 : atol(text);
  struct timespec left = {ms / 1000, (ms % 1000) * 1000000L};
  while (nanosleep(&left, &left) != 0) {
  }
}

int fsync(int file) {
  wait_for_the_disk();
  return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
  wait_for_the_disk();
  return (int)syscall(SYS_fdatasync, file);
}
