/*
 * A disk that does not give back a page of the outbox's database: the reads READ_ERROR_FROM to
 * READ_ERROR_FROM + READ_ERROR_COUNT - 1 of a file called outbox.db fail with EIO. Loaded in front of the C library
 * (LD_PRELOAD).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long reads;

static int fails(int file) {
  const char *from = getenv("READ_ERROR_FROM");
  if (from == NULL) return 0;
  char link[64], path[1024];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 10) return 0;
  path[length] = 0;
  if (strcmp(path + length - 10, "/outbox.db") != 0) return 0;
  long n = atomic_fetch_add(&reads, 1) + 1;
  const char *count = getenv("READ_ERROR_COUNT");
  return n >= atol(from) && n < atol(from) + (count == NULL ? 1 : atol(count));
}

ssize_t read(int file, void *buffer, size_t bytes) {
  if (fails(file)) {
    errno = EIO;
    return -1;
  }
  return syscall(SYS_read, file, buffer, bytes);
}

ssize_t pread(int file, void *buffer, size_t bytes, off_t at) {
  if (fails(file)) {
    errno = EIO;
    return -1;
  }
  return syscall(SYS_pread64, file, buffer, bytes, at);
}

ssize_t pread64(int file, void *buffer, size_t bytes, off_t at) { return pread(file, buffer, bytes, at); }
