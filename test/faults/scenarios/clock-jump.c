/*
 * A system clock that somebody sets: loaded into the gateway in front of the C library (LD_PRELOAD). The offset in ms,
 * a signed 64-bit number in the file that CLOCK_OFFSET_FILE names, holds from the moment at which it is written. The
 * monotonic clock goes on as it does.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS 1000000L
#define NS_PER_S 1000000000L

static const volatile int64_t *offset_ms;

__attribute__((constructor)) static void find_the_offset(void) {
  const char *name = getenv("CLOCK_OFFSET_FILE");
  int file = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void *page = mmap(NULL, sizeof *offset_ms, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) offset_ms = page;
}

static void move(struct timespec *at) {
  if (offset_ms == NULL) return;
  int64_t ms = *offset_ms;
  at->tv_sec += ms / 1000;
  at->tv_nsec += (ms % 1000) * NS_PER_MS;
  if (at->tv_nsec < 0) {
    at->tv_sec--;
    at->tv_nsec += NS_PER_S;
  }
  if (at->tv_nsec >= NS_PER_S) {
    at->tv_sec++;
    at->tv_nsec -= NS_PER_S;
  }
}

int clock_gettime(clockid_t which, struct timespec *at) {
  int result = (int)syscall(SYS_clock_gettime, which, at);
  if (result == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) move(at);
  return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  struct timespec now;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *result) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}
