package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
	"vestibule/vision/scene"
)

// holding measures what a Sight holds in memory and leaves behind, a visit being under way.
func holding(out io.Writer) error {
	t := newTable("Memory of redaction: what a Sight adds to the program (wanted at 1920x1080: below 25 MB), and its allocations a picture",
		"", "resident", "allocations")
	for _, size := range sizes() {
		row, err := hold(size)
		if err != nil {
			return err
		}
		t.add(row...)
	}
	return t.print(out)
}

func hold(size vision.Size) ([]string, error) {
	all, err := frames(size, many, true)
	if err != nil {
		return nil, err
	}
	before, err := resident()
	if err != nil {
		return nil, err
	}
	s, err := vision.Open(again(all), size, fps, vision.Plan{
		Zones: [][]vision.Point{scene.Zone}, Lamp: scene.Lamp, Mode: vision.Blur, Shadow: true,
	})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	s.Visit(true)
	show := func(n int) error {
		for tries := 3 * n; n > 0; tries-- {
			_, look, err := s.Next(context.Background())
			if err != nil {
				return err
			}
			if tries == 0 {
				return fmt.Errorf("the zone does not show: %s: %w", look.Glass, s.Trouble())
			}
			if look.Tint != nil {
				s.Settle(*look.Tint)
			}
			if look.Glass == "" {
				n--
			}
		}
		return nil
	}
	if err := show(3 * fps); err != nil { // every picture of the ring has been drawn, the shadow too
		return nil, err
	}
	var from, to runtime.MemStats
	runtime.ReadMemStats(&from)
	if err := show(2 * fps); err != nil {
		return nil, err
	}
	runtime.ReadMemStats(&to)
	after, err := resident()
	if err != nil {
		return nil, err
	}
	runtime.KeepAlive(all)
	return []string{size.String(), fmt.Sprintf("%.1f MB", float64(after-before)/1e6), fmt.Sprintf("%.2f", float64(to.Mallocs-from.Mallocs)/(2*fps))}, nil
}

// again is a camera that gives frames again and again, at its pace.
func again(all []*raw.Frame) vision.Source {
	return camera.New("bench", func(_, _, _ int) (raw.Source, error) { return &replay{all: all}, nil })
}

type replay struct {
	all  []*raw.Frame
	next time.Duration
	n    int
}

func (c *replay) Read(ctx context.Context, into *raw.Frame) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.next = max(c.next+time.Second/fps, raw.Now())
	time.Sleep(c.next - raw.Now()) // raw.Until makes a timer, which would count as ours
	f := c.all[c.n%len(c.all)]
	into.CopyFrom(f)
	c.n++
	middle := into.Height/2*into.Width + into.Width/2           // of the zone
	binary.LittleEndian.PutUint64(into.Y[middle:], uint64(c.n)) // or the camera would count as frozen
	into.Seq, into.At = uint64(c.n), raw.Now()
	return nil
}

func (c *replay) Close() error { return nil }

// resident is how much of the program is in memory, all that can be given back being given back.
func resident() (int, error) {
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var all, here int
	if _, err := fmt.Sscan(string(b), &all, &here); err != nil {
		return 0, err
	}
	return here * os.Getpagesize(), nil
}
