package main

import (
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	rounds = 61
	turn   = 3 // times that a thing is done in each round
)

// settle keeps to one core: this thread, whose processor time is measured, and what it starts (ffmpeg, OpenCV's threads).
func settle() error {
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	var may, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return err
	}
	for core := range 1024 { // as many as a set can name
		if may.IsSet(core) {
			one.Set(core)
			return unix.SchedSetaffinity(0, &one)
		}
	}
	return nil
}

// spent is the processor time of this thread.
func spent() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0, err
	}
	return time.Duration(t.Nano()), nil
}

// byTurns measures things by turns, so that what slows the machine down slows each of them, and each as often as the
// others and a few times only before it is the next one's turn, so that none keeps the caches for itself. It returns
// a time in ns for each thing and round.
func byTurns(things ...func()) ([][]float64, error) {
	for _, f := range things {
		for range 3 * turn { // what is made only once is made now
			f()
		}
	}
	out := make([][]float64, len(things))
	for range rounds {
		for i, f := range things {
			from, err := spent()
			if err != nil {
				return nil, err
			}
			for range turn {
				f()
			}
			to, err := spent()
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], float64(to-from)/turn)
		}
	}
	return out, nil
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// ratio is the median of a/b in the same round, and the quarters around it.
func ratio(a, b []float64) (low, mid, high float64) {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	slices.Sort(r)
	return r[len(r)/4], r[len(r)/2], r[len(r)*3/4]
}

// garbage is how many allocations each of n runs makes.
func garbage(n int, f func()) float64 {
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(n)
}
