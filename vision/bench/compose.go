package main

import (
	"fmt"
	"io"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/shadow"
	"vestibule/vision/internal/stand"
	"vestibule/vision/internal/zone"
	"vestibule/vision/scene"
)

// many is how many frames are gone through by turns: as many as a Sight's camera fills by turns.
const many = 3

// widest is a zone of nearly 60 % of the picture, the most that is possible without an owner's word.
var widest = []vision.Point{{X: 1000, Y: 1000}, {X: 9000, Y: 1000}, {X: 9000, Y: 8400}, {X: 1000, Y: 8400}}

func redactor(size vision.Size, zonePoints []vision.Point, blur bool) (*redact.Redactor, *zone.Blocks, error) {
	shown, err := zone.Shrink([][]vision.Point{zonePoints}, false, size.Width, size.Height)
	if err != nil {
		return nil, nil, err
	}
	r := redact.New(redact.Config{Width: size.Width, Height: size.Height, Zone: shown, Lamp: scene.Lamp, Blur: blur})
	if blur {
		f, err := frames(size, 1, false)
		if err != nil {
			return nil, nil, err
		}
		r.Settle(r.Measure(f[0]))
	}
	return r, shown, nil
}

// composing holds a picture's composition against a copy of its frame.
func composing(out io.Writer) error {
	t := newTable("Composing a picture, without shadow, against memcpy of the same I420 frame (wanted: at most 1)",
		"", "zone", "compose", "memcpy", "ratio", "quarters", "allocations")
	for _, size := range sizes() {
		all, err := frames(size, many, true)
		if err != nil {
			return err
		}
		for _, c := range []struct {
			name string
			blur bool
			zone []vision.Point
		}{
			{"blur", true, scene.Zone}, {"frosted", false, scene.Zone}, {"blur", true, widest}, {"frosted", false, widest},
		} {
			var ours, plain []float64
			var left float64
			var shown *zone.Blocks
			for range 5 { // in other memory each time: where it lies matters as much as anything
				var red *redact.Redactor
				if red, shown, err = redactor(size, c.zone, c.blur); err != nil {
					return err
				}
				i := 0
				compose := func() { i++; red.Compose(all[i%many]) }
				times, err := byTurns(compose, copying(all))
				if err != nil {
					return err
				}
				ours, plain, left = append(ours, times[0]...), append(plain, times[1]...), max(left, garbage(100, compose))
			}
			low, mid, high := ratio(ours, plain)
			share := 100 * shown.Count() * zone.Block * zone.Block / (size.Width * size.Height)
			t.add(fmt.Sprintf("%v %s", size, c.name), fmt.Sprintf("%d %%", share), micro(median(ours)), micro(median(plain)),
				fmt.Sprintf("%.2f", mid), fmt.Sprintf("%.2f to %.2f", low, high), fmt.Sprintf("%.2f", left))
		}
	}
	return t.print(out)
}

// copying copies one frame after the other, into three by turns as a redactor does.
func copying(all []*raw.Frame) func() {
	var copies [3]*glass.Planes
	for k := range copies {
		copies[k] = glass.NewPlanes(all[0].Width, all[0].Height)
	}
	i := 0
	return func() {
		i++
		to, from := copies[i%len(copies)], all[i%len(all)]
		copy(to.Y, from.Y)
		copy(to.Cb, from.Cb)
		copy(to.Cr, from.Cr)
	}
}

// watching measures what else looks at the frames, over two seconds of a visit: lamp, whether the camera has moved,
// shadow, and the shadow's drawing, each on top of the ones before.
func watching(out io.Writer) error {
	t := newTable("Looking on during a visit, added to each picture, mean over two seconds at 30 a second (wanted at 1280x720: at most 0.50 ms in all)",
		"", "compose", "lamp", "camera moved", "shadow", "shadow drawn", "added in all", "allocations")
	for _, size := range sizes() {
		all, err := frames(size, 2*fps, true)
		if err != nil {
			return err
		}
		reference, err := standing(size)
		if err != nil {
			if _, err := fmt.Fprintf(out, "At %v nobody looks whether the camera has moved: %v.\n", size, err); err != nil {
				return err
			}
		}
		looks := make([]func(f *raw.Frame), 5)
		for upTo := range looks {
			if looks[upTo], err = looking(size, reference, upTo); err != nil {
				return err
			}
		}
		costs, left, err := visits(all, looks)
		if err != nil {
			return err
		}
		row := []string{size.String()}
		added := 0.0
		for i, cost := range costs {
			row = append(row, milli(cost))
			if i > 0 {
				added += cost
			}
		}
		t.add(append(row, milli(added), fmt.Sprintf("%.2f", left))...)
	}
	return t.print(out)
}

// looking is what a device does with each frame: composes it, and before that as many of the other things as asked
// for.
func looking(size vision.Size, reference []byte, upTo int) (func(f *raw.Frame), error) {
	red, shown, err := redactor(size, scene.Zone, true)
	if err != nil {
		return nil, err
	}
	where, err := stand.New(shown, size.Width, size.Height, reference)
	if err != nil {
		return nil, err
	}
	watch := shadow.New(shown, size.Width, size.Height)
	return func(f *raw.Frame) {
		if upTo >= 1 {
			red.Lamp(f)
		}
		if upTo >= 2 {
			where.Look(f)
		}
		if upTo >= 3 {
			if s, fresh := watch.Look(f, true); fresh && upTo >= 4 {
				red.SetShadow(s)
			}
		}
		red.Compose(f)
	}, nil
}

// visits shows frames again and again, with times that go on, to each by turns, the first round not counting. It
// returns the mean time of a frame for each, each but the first as the median of what it took more than the one
// before it in the same round, and the last one's allocations a frame.
func visits(all []*raw.Frame, looks []func(f *raw.Frame)) (costs []float64, left float64, err error) {
	at := time.Hour
	show := func(look func(f *raw.Frame)) {
		from := at
		for _, f := range all {
			from += time.Second / fps
			f.At = from
			look(f)
		}
	}
	more := make([][]float64, len(looks))
	for n := range 1 + rounds/4 {
		last := 0.0
		for i, look := range looks {
			from, err := spent()
			if err != nil {
				return nil, 0, err
			}
			show(look)
			to, err := spent()
			if err != nil {
				return nil, 0, err
			}
			took := float64(to-from) / float64(len(all))
			if n > 0 {
				more[i] = append(more[i], took-last)
			}
			last = took
		}
		at += time.Duration(len(all)) * time.Second / fps
	}
	for _, m := range more {
		costs = append(costs, median(m))
	}
	left = garbage(1, func() { show(looks[len(looks)-1]); at += time.Duration(len(all)) * time.Second / fps })
	return costs, left / float64(len(all)), nil
}

// standing is how the camera in the house stands.
func standing(size vision.Size) ([]byte, error) {
	_, shown, err := redactor(size, scene.Zone, false)
	if err != nil {
		return nil, err
	}
	all, err := frames(size, 2*fps, false)
	if err != nil {
		return nil, err
	}
	w, err := stand.New(shown, size.Width, size.Height, nil)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		w.Look(f)
	}
	return w.Reference()
}
