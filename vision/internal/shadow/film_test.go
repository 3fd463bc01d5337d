//go:build !race

package shadow_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/vision/internal/capture"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/shadow"
	"vestibule/vision/internal/zone"
)

type box struct {
	x0, y0, x1, y1 int
	unsure         bool
}

func boxes(t *testing.T, path string) map[int][]box {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[int][]box{}
	s := bufio.NewScanner(f)
	for s.Scan() {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		var n int
		var b box
		if _, err := fmt.Sscan(s.Text(), &n, &b.x0, &b.y0, &b.x1, &b.y1); err != nil {
			t.Fatal(err)
		}
		b.unsure = strings.HasSuffix(s.Text(), "?")
		out[n] = append(out[n], b)
	}
	return out
}

// film reads a whole film into memory.
func film(t *testing.T, path string, w, h int) []*raw.Frame {
	f, err := capture.OpenFilm(path)
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	var out []*raw.Frame
	for {
		g := raw.New(w, h)
		if err := f.Read(g); err != nil {
			return out
		}
		out = append(out, g)
	}
}

func TestFilm(t *testing.T) {
	truth := boxes(t, "testdata/vtest.txt")
	frames := film(t, "/usr/share/doc/opencv-doc/examples/data/vtest.avi", 768, 576)
	pics := os.Getenv("VESTIBULE_PICTURES")
	for name, z := range map[string][]zone.Point{
		"left":  {{X: 0, Y: 2250}, {X: 900, Y: 2250}, {X: 900, Y: 5900}, {X: 0, Y: 5900}},
		"right": {{X: 8900, Y: 3200}, {X: 10000, Y: 3200}, {X: 10000, Y: 7000}, {X: 8900, Y: 7000}},
	} {
		for _, back := range []bool{false, true} {
			blocks, err := zone.Shrink([][]zone.Point{z}, false, 768, 576)
			if err != nil {
				t.Fatal(err)
			}
			w := shadow.New(blocks, 768, 576)
			r := &room{w: 768, h: 576, shown: blocks}
			near0 := r.nearZone()
			var last glass.Shadow
			at := time.Hour
			var must, hit, set, good, rim, people, found int
			var events []int
			for round := range 2 {
				for i := range frames {
					k := i
					if back {
						k = len(frames) - 1 - i
					}
					f := frames[k]
					f.At = at
					at += 100 * time.Millisecond
					s, fresh := w.Look(f, round == 1)
					if fresh {
						last = s
					}
					if n := w.Beyond(); n > len(events) {
						events = append(events, k)
					}
					if round == 0 || truth[k] == nil {
						continue
					}
					var may [9][16]bool
					var cover [9][16]float64
					for _, b := range truth[k] {
						seen, hid := false, false
						for row := range 9 {
							for col := range 16 {
								x0, x1 := max(b.x0, col*48), min(b.x1, col*48+48)
								y0, y1 := max(b.y0, row*64), min(b.y1, row*64+64)
								if x1 <= x0 || y1 <= y0 {
									continue
								}
								may[row][col] = true
								c := float64((x1-x0)*(y1-y0)) / (48 * 64)
								if !b.unsure {
									cover[row][col] += c
								}
								if near0[row][col] >= 1 {
									hid = hid || c > 0.2
									seen = seen || last.At(row, col)
								}
							}
						}
						if hid && !b.unsure {
							people++
							if seen {
								found++
							}
						}
					}
					for row := range 9 {
						for col := range 16 {
							if near0[row][col] == 0 {
								continue
							}
							on := last.At(row, col)
							if cover[row][col] >= 0.4 {
								must++
								if on {
									hit++
								}
							}
							if on {
								set++
								if may[row][col] {
									good++
								} else if near(may, row, col) {
									rim++
								}
							}
						}
					}
					if pics != "" {
						picture(t, filepath.Join(pics, fmt.Sprintf("film_%s_%v_%03d.png", name, back, k)), f, &last)
					}
				}
			}
			t.Logf("%s back %v: people %d of %d; cells recall %s precision %s, rim %s; passages %d at %v", name, back, found, people,
				part(hit, must), part(good, set), part(rim, set), w.Beyond(), events)
			if 10*found < 9*people || 100*hit < 90*must || 100*(good+rim) < 95*set {
				t.Error("fewer than were found before, or more that is nobody")
			}
		}
	}
}
