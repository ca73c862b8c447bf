// A clock that jumps by six hours each time that somebody looks at it. What counts
// seconds since the start does not.
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *t) {
	static unsigned n;
	int r = syscall(SYS_clock_gettime, id, t);
	if (r == 0 && id == CLOCK_REALTIME)
		t->tv_sec += (n++ & 1) ? 3 * 3600 : -3 * 3600;
	return r;
}
