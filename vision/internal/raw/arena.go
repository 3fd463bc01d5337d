package raw

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Arena is memory for the frames of one camera: pages of its own, outside of Go's heap, that are in no core
// dump and in no child, locked so that they are not swapped as far as the process may lock, and given back
// to the kernel, blackened, by Close. Nobody else's memory is made of them without the kernel clearing them.
type Arena struct {
	mu    sync.Mutex
	pages [][]byte
	heap  [][]byte // what had to come from elsewhere
	loose error    // why not all of it is kept so
}

// Quiet keeps signals away from the calling thread, which is to be locked to its goroutine and to end with it, and
// from those that it starts. Whoever takes a signal has the processor's registers written to memory, and a
// thread that copies pixels has some in there. Go's scheduler, which asks threads for a turn by a signal, then
// has to wait for the goroutine's next call.
func Quiet() {
	var all unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	// It fails for a bad pointer only. Faults of the thread itself cannot be kept away.
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, &all, nil)
}

// Frame returns a black frame of the given size. Width and height are even.
func (a *Arena) Frame(width, height int) *Frame {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := width * height * 3 / 2
	mem, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		// Out of memory, or close to it. Go's heap says which.
		a.loose = errors.Join(a.loose, fmt.Errorf("frames lie in the heap: %w", err))
		mem = make([]byte, n)
		a.heap = append(a.heap, mem)
		return a.frame(mem, width, height)
	}
	a.pages = append(a.pages, mem)
	a.note(errors.Join(keep(mem), unix.Madvise(mem, unix.MADV_DONTFORK)))
	return a.frame(mem, width, height)
}

func (a *Arena) frame(mem []byte, width, height int) *Frame {
	f := frameIn(mem, width, height)
	f.home.arena = a
	return f
}

// Keep has memory of somebody else's that pictures pass through on their way into the frame, such as OpenCV's, locked
// and left out of core dumps as the frame's own is. Whole pages are: what else lies in them is kept with it. They
// stay so until they go back to the kernel, so it is asked for once, and again where the memory is another. A frame
// that lies in no arena has nothing kept.
func (f *Frame) Keep(mem []byte) {
	if f.home == nil || f.home.arena == nil || len(mem) == 0 {
		return
	}
	err := keep(mem)
	f.home.arena.mu.Lock()
	defer f.home.arena.mu.Unlock()
	f.home.arena.note(err)
}

// keep locks the pages that mem lies in, and leaves them out of core dumps.
func keep(mem []byte) error {
	page := uintptr(os.Getpagesize())
	first := uintptr(unsafe.Pointer(&mem[0])) &^ (page - 1)
	n := (uintptr(unsafe.Pointer(&mem[len(mem)-1])) | (page - 1)) + 1 - first
	var err error
	if _, _, no := unix.Syscall(unix.SYS_MADVISE, first, n, unix.MADV_DONTDUMP); no != 0 {
		err = fmt.Errorf("frames may be in a core dump: %w", no)
	}
	if _, _, no := unix.Syscall(unix.SYS_MLOCK, first, n, 0); no != 0 {
		var most unix.Rlimit
		_ = unix.Getrlimit(unix.RLIMIT_MEMLOCK, &most)
		err = errors.Join(err, fmt.Errorf("frames may be swapped out: %d bytes cannot be locked where %d are allowed: %w", n, most.Cur, no))
	}
	return err
}

// note keeps the first thing that is wrong.
func (a *Arena) note(err error) {
	if a.loose == nil {
		a.loose = err
	}
}

// Loose returns why the memory, and what Keep was asked for, is not kept as it should be; nil when it is.
func (a *Arena) Loose() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.loose
}

// Close blackens all frames and gives their memory back. Whoever touches one of them afterwards crashes, so it
// is for the last who may. Closing twice is the same as once.
func (a *Arena) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var err error
	for _, mem := range a.pages {
		clear(mem)
		err = errors.Join(err, unix.Munmap(mem))
	}
	for _, mem := range a.heap {
		clear(mem)
	}
	a.pages, a.heap = nil, nil
	return err
}
