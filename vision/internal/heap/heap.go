// Package heap has the C library overwrite what is freed.
//
// OpenCV, FFmpeg and libjpeg-turbo keep frames in memory of the C heap: packets, pools, scratch of a conversion. None
// of it can be reached from Go to be blackened, but the heap can be told to overwrite all that is freed (glibc,
// mallopt(3), M_PERTURB). What it costs is a memset of what is freed; frames are not freed while a camera runs.
//
// Blocks of up to 1 kB that a thread keeps for itself are not overwritten. No frame is that small.
package heap

/*
#include <malloc.h>

// What free gives back is overwritten, and large blocks go back to the kernel at once. Left to itself glibc
// raises the threshold with every large block that is freed, and keeps the next one.
static void overwrite_what_is_freed(void) {
	mallopt(M_PERTURB, 0x2d);
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_TRIM_THRESHOLD, 128 << 10);
}

static void give_back(void) { malloc_trim(0); }
*/
import "C"

// Guard is called before anything of a camera's is allocated. It holds for the whole program, from then on.
func Guard() { C.overwrite_what_is_freed() }

// Trim gives pages that hold nothing any more back to the kernel.
func Trim() { C.give_back() }
