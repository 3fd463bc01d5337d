// Package heap has the C library leave nothing of a picture behind: it overwrites what is freed.
//
// OpenCV, FFmpeg and libjpeg-turbo keep frames in memory of the C heap: packets, pools, scratch of a conversion. None
// of it can be reached from Go to be blackened, but the heap can be told to overwrite all that is freed (glibc,
// mallopt(3), M_PERTURB). What it costs is a memset of what is freed; frames are not freed while a camera runs.
//
// Blocks of up to 1 kB that a thread keeps for itself are not overwritten until the thread ends. No frame is that small.
package heap

/*
#cgo LDFLAGS: -lpthread
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What free gives back is overwritten, and large blocks go back to the kernel at once. Left to itself glibc
// raises the threshold with every large block that is freed, and keeps the next one.
static void overwrite_what_is_freed(void) {
	mallopt(M_PERTURB, 0x2d);
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_TRIM_THRESHOLD, 128 << 10);
	// OpenCV's own threads would live on, and pieces of pictures on their stacks.
	setenv("OPENCV_FOR_THREADS_NUM", "1", 0);
}

enum { deep = 192 << 10, most = 34 };

static __attribute__((noinline)) void wipe_stack(void) {
	volatile char below[deep];
	memset((char *)below, 0, sizeof below);
	__asm__ volatile("" : : "r"(below) : "memory");
}

static void *wipe_thread(void *gate) {
	wipe_stack();
	pthread_mutex_lock(gate);
	pthread_mutex_unlock(gate);
	return NULL;
}

// A thread that has ended leaves the top of its stack as it was, for a next thread to have (glibc,
// allocatestack.c). So many threads at once that none is left over wipe them.
static void wipe_left_stacks(void) {
	pthread_t all[most];
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	int n = 0, want = 2 * (int)sysconf(_SC_NPROCESSORS_ONLN) + 2;
	pthread_mutex_lock(&gate);
	while (n < want && n < most && pthread_create(&all[n], NULL, wipe_thread, &gate) == 0)
		n++;
	pthread_mutex_unlock(&gate);
	while (n > 0)
		pthread_join(all[--n], NULL);
}

static void give_back(void) {
	wipe_stack();
	wipe_left_stacks();
	malloc_trim(0);
}
*/
import "C"

// Guard is called before anything of a camera's is allocated. It holds for the whole program, from then on.
func Guard() { C.overwrite_what_is_freed() }

// Trim is called when a camera has been let go. It wipes the stacks that its code has run on, the calling thread's
// and those of threads that have ended, and gives pages that hold nothing any more back to the kernel.
func Trim() { C.give_back() }
