package raw_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/raw/rawtest"
)

// Frames of an arena lie in memory that is in no core dump and in no child and is locked, and the kernel has it
// back after Close.
func TestArena(t *testing.T) {
	a := &raw.Arena{}
	f, g := a.Frame(320, 240), a.Frame(320, 240)
	for _, f := range []*raw.Frame{f, g} {
		if err := f.Check(320, 240); err != nil || f.Y[0] != 16 || f.Cr[0] != 128 {
			t.Errorf("%v, black %d %d", err, f.Y[0], f.Cr[0])
		}
		got := rawtest.Of(t, f.Y)
		for word, what := range map[string]string{"dd": "left out of core dumps", "dc": "left out of children"} {
			if !got.Has(word) {
				t.Errorf("it is not %s: %v", what, got)
			}
		}
		if locked := got.Has("lo"); locked != (a.Loose() == nil) {
			t.Errorf("locked %v, and: %v", locked, a.Loose())
		}
	}
	heap := raw.New(320, 240)
	if rawtest.Of(t, heap.Y).Has("dd") {
		t.Error("the positive control: Go's heap is left out of core dumps, too")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if got := rawtest.Of(t, f.Y); got.Has("dd") {
		t.Errorf("after Close it is still mapped: %v", got)
	}
	if err := a.Close(); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

// Memory that pictures pass through on their way into an arena's frame is locked and left out of core dumps, whole pages
// of it, and into another frame it is left as it is.
func TestKeep(t *testing.T) {
	page := unix.Getpagesize()
	mem, err := unix.Mmap(-1, 0, 8*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	a := &raw.Arena{}
	f := a.Frame(320, 240)
	raw.New(320, 240).Keep(mem)
	if got := rawtest.Of(t, mem); got.Has("lo") || got.Has("dd") {
		t.Errorf("a frame in Go's heap keeps it: %v", got)
	}
	f.Keep(nil)
	f.Keep(mem[2*page+7 : 4*page+1])
	for n, kept := range []bool{false, false, true, true, true, false} {
		got := rawtest.Of(t, mem[n*page:])
		if got.Has("dd") != kept || got.Has("lo") != (kept && a.Loose() == nil) {
			t.Errorf("page %d: %v, and %v", n, got, a.Loose())
		}
	}
	if err := unix.Munmap(mem); err != nil {
		t.Fatal(err)
	}
	loose := a.Loose()
	f.Keep(mem[:page])
	if err := a.Loose(); err == nil || loose != nil && err.Error() != loose.Error() {
		t.Errorf("of what is no memory it says %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// What may not be locked is used all the same, and said.
func TestArenaThatCannotLock(t *testing.T) {
	rawtest.LockNoMore(t)
	a := &raw.Arena{}
	f := a.Frame(320, 240)
	f.Y[0] = 7
	if a.Loose() == nil {
		t.Error("it does not say that it is not locked")
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// A source that puts other planes into the frame that it is lent gets the frame's own back.
func TestReset(t *testing.T) {
	a := &raw.Arena{}
	defer a.Close()
	f := a.Frame(320, 240)
	own := &f.Y[0]
	f.Width, f.Y, f.Cb = 2, make([]byte, 3), nil
	*own = 99
	if !f.Reset() || f.Check(320, 240) != nil || &f.Y[0] != own || *own != 16 {
		t.Error("it is not what it was")
	}
	if (&raw.Frame{}).Reset() {
		t.Error("a frame that nobody made was made again")
	}
}
