package encode

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"gocv.io/x/gocv"

	"vestibule/vision"
	"vestibule/vision/internal/look/replay"
	"vestibule/vision/internal/sealed"
	"vestibule/vision/scene"
)

func look(t testing.TB, size vision.Size) *vision.Sight {
	t.Helper()
	world := scene.World{Door: 1, Lamp: true, Light: 1, Power: true}
	s, err := vision.Open(scene.Source(1, func() scene.World { return world }, false), size, 30, vision.Plan{
		Zones: [][]vision.Point{scene.Zone}, Lamp: scene.Lamp, Mode: vision.Blur,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// next waits for a picture that shows the zone.
func next(t testing.TB, s *vision.Sight) vision.Redacted {
	t.Helper()
	for range 100 {
		r, look, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if look.Glass == "" {
			return r
		}
	}
	t.Fatalf("the zone never shows: %v", s.Trouble())
	return vision.Redacted{}
}

// nals lists the types of an access unit's NAL units (H.264, 7.4.1).
func nals(unit []byte) []int {
	var types []int
	for _, n := range bytes.Split(unit, []byte{0, 0, 1})[1:] {
		types = append(types, int(n[0]&0x1f))
	}
	return types
}

const (
	nalSlice, nalIDR, nalSEI, nalSPS, nalPPS = 1, 5, 6, 7, 8
)

func TestWhatIsNotRedactedIsRefused(t *testing.T) {
	e, err := Open(Config{Kind: X264, Size: vision.Size{Width: 640, Height: 480}, FPS: 30, Kbit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if unit, _, err := e.Encode(vision.Redacted{}); !errors.Is(err, ErrNotRedacted) || unit != nil {
		t.Fatalf("the zero Redacted: %d bytes, %v", len(unit), err)
	}
	s := look(t, vision.Size{Width: 640, Height: 480})
	stale := next(t, s)
	for stale.Valid() { // until its memory is taken for a later picture
		next(t, s)
	}
	if unit, _, err := e.Encode(stale); !errors.Is(err, ErrNotRedacted) || unit != nil {
		t.Fatalf("a picture that is over: %d bytes, %v", len(unit), err)
	}
	other := look(t, vision.Size{Width: 320, Height: 240})
	if unit, _, err := e.Encode(next(t, other)); err == nil || unit != nil {
		t.Fatalf("another size: %d bytes, %v", len(unit), err)
	}
	if _, key, err := e.Encode(next(t, s)); err != nil || !key {
		t.Fatalf("a redacted picture: key %v, %v", key, err)
	}
	e.Close()
	if _, _, err := e.Encode(next(t, s)); err == nil {
		t.Fatal("a closed encoder encodes")
	}
}

func TestKeyFramesComeOnDemand(t *testing.T) {
	size := vision.Size{Width: 640, Height: 480}
	e, err := Open(Config{Kind: X264, Size: size, FPS: 30, Kbit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s := look(t, size)
	for i := range 40 {
		want := i == 0 || i == 7 || i == 8
		if i == 7 || i == 8 {
			e.KeyNext()
		}
		unit, key, err := e.Encode(next(t, s))
		if err != nil {
			t.Fatal(err)
		}
		types := nals(unit)
		if key != want || slices.Contains(types, nalIDR) != want || slices.Contains(types, nalSPS) != want || slices.Contains(types, nalPPS) != want {
			t.Fatalf("picture %d: key %v, NAL units %v; want key %v", i, key, types, want)
		}
		if !want && !slices.Contains(types, nalSlice) {
			t.Fatalf("picture %d: NAL units %v", i, types)
		}
	}
}

// What a browser would decode is the redacted picture, in its colours.
func TestDecodedPictureIsTheRedactedOne(t *testing.T) {
	for _, size := range []vision.Size{{Width: 640, Height: 480}, {Width: 1280, Height: 720}, {Width: 1920, Height: 1080}} {
		t.Run(size.String(), func(t *testing.T) {
			e, err := Open(Config{Kind: X264, Size: size, FPS: 30, Kbit: 4000})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			s := look(t, size)
			var stream []byte
			var want gocv.Mat
			const pictures = 10
			for i := range pictures {
				r := next(t, s)
				unit, _, err := e.Encode(r)
				if err != nil {
					t.Fatal(err)
				}
				stream = append(stream, unit...)
				if i == pictures-1 {
					want = bgr(t, r)
				}
			}
			defer want.Close()
			// Constrained baseline, as every browser decodes it: profile 66, set 0 and 1.
			at := bytes.Index(stream, []byte{0, 0, 1, 0x67})
			if p := stream[at+4 : at+7]; p[0] != 66 || p[1]&0xc0 != 0xc0 {
				t.Errorf("the profile is %x", p)
			}
			got, err := replay.Last(t.TempDir(), stream, pictures)
			if err != nil {
				t.Fatal(err)
			}
			defer got.Close()
			diff := gocv.NewMat()
			defer diff.Close()
			gocv.AbsDiff(want, *got, &diff)
			mean := diff.Mean()
			for i, d := range []float64{mean.Val1, mean.Val2, mean.Val3} {
				if d > 4 {
					t.Errorf("channel %d of B, G, R is off by %.1f of 255", i, d)
				}
			}
		})
	}
}

func bgr(t *testing.T, r vision.Redacted) gocv.Mat {
	t.Helper()
	y, cb, cr := sealed.Planes(r.Sealed())
	i420, err := gocv.NewMatFromBytes(r.Size().Height*3/2, r.Size().Width, gocv.MatTypeCV8UC1, slices.Concat(y, cb, cr))
	if err != nil {
		t.Fatal(err)
	}
	defer i420.Close()
	m := gocv.NewMat()
	gocv.CvtColor(i420, &m, gocv.ColorYUVToBGRIYUV)
	return m
}

func TestOpenRefuses(t *testing.T) {
	ok := Config{Kind: X264, Size: vision.Size{Width: 640, Height: 480}, FPS: 30, Kbit: 1000}
	for name, change := range map[string]func(*Config){
		"no size": func(c *Config) { c.Size = vision.Size{} },
		"odd":     func(c *Config) { c.Size.Width++ },
		"huge":    func(c *Config) { c.Size = vision.Size{Width: 4096, Height: 2160} },
		"no pace": func(c *Config) { c.FPS = 0 },
		"no rate": func(c *Config) { c.Kbit = 0 },
		"no kind": func(c *Config) { c.Kind = "" },
		"another": func(c *Config) { c.Kind = "av1" },
	} {
		c := ok
		change(&c)
		if e, err := Open(c); err == nil {
			e.Close()
			t.Errorf("%s: opened", name)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, size := range []vision.Size{{Width: 640, Height: 480}, {Width: 1280, Height: 720}, {Width: 1920, Height: 1080}} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			e, err := Open(Config{Kind: X264, Size: size, FPS: 30, Kbit: 2000})
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			s := look(b, size)
			var total int
			for b.Loop() {
				b.StopTimer()
				r := next(b, s)
				b.StartTimer()
				unit, _, err := e.Encode(r)
				if err != nil {
					b.Fatal(err)
				}
				total += len(unit)
			}
			b.ReportMetric(float64(total)/float64(b.N), "bytes/frame")
		})
	}
}
