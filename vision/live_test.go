package vision_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/look"
	"vestibule/vision/internal/sealed"
	"vestibule/vision/scene"
)

// pictures is a folder to write what these tests see into, for a person's eyes; off when not set.
var pictures = os.Getenv("VESTIBULE_PICTURES")

func save(t *testing.T, name string, r vision.Redacted) {
	t.Helper()
	if pictures == "" {
		return
	}
	y, cb, cr := sealed.Planes(r.Sealed())
	if err := look.PNG(filepath.Join(pictures, name+".png"), r.Size().Width, r.Size().Height, y, cb, cr); err != nil {
		t.Error(err)
	}
}

func plan(mode vision.Mode) vision.Plan {
	return vision.Plan{Zones: [][]vision.Point{scene.Zone}, Lamp: scene.Lamp, Mode: mode, Nonce: [16]byte{1, 2, 3}}
}

// watch opens a sight, settles the tint that it offers, and calls see with each picture until it returns
// false. Pictures of a stalled camera are left out: it may take its time to open, and a busy machine may
// take half a second to draw a frame.
func watch(t *testing.T, src vision.Source, size vision.Size, plan vision.Plan, see func(vision.Redacted, vision.Look) bool) {
	t.Helper()
	s, err := vision.Open(src, size, 30, plan)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for {
		r, l, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("%v (the camera: %v)", err, s.Trouble())
		}
		if !r.Valid() || r.Size() != size {
			t.Fatalf("a picture of %v, valid %v", r.Size(), r.Valid())
		}
		if l.Tint != nil {
			s.Settle(*l.Tint)
		}
		if l.Glass == vision.CameraStalled {
			continue
		}
		if !see(r, l) {
			return
		}
	}
}

// contrast is the largest step between neighbouring pixels in a box of the picture.
func contrast(r vision.Redacted, b vision.Box) int {
	y, _, _ := sealed.Planes(r.Sealed())
	w, h := r.Size().Width, r.Size().Height
	most := 0
	for py := b.Min.Y * h / vision.Unit; py < b.Max.Y*h/vision.Unit; py++ {
		for px := b.Min.X * w / vision.Unit; px < b.Max.X*w/vision.Unit; px++ {
			i := py*w + px
			for _, d := range [2]int{int(y[i]) - int(y[i+1]), int(y[i]) - int(y[i+w])} {
				most = max(most, d, -d)
			}
		}
	}
	return most
}

// The whole way with the scene: the lamp is seen, the letter and the photo are not, at every size.
func TestScene(t *testing.T) {
	for _, size := range []vision.Size{{Width: 640, Height: 480}, {Width: 1280, Height: 720}, {Width: 1920, Height: 1080}} {
		for _, mode := range []vision.Mode{vision.Blur, vision.Frosted} {
			if mode == vision.Frosted && size.Height > 720 {
				continue // it takes long to draw, and is no other than at the others
			}
			t.Run(fmt.Sprint(size, mode), func(t *testing.T) {
				t.Parallel()
				n := 0
				world := func() scene.World {
					n++
					return scene.World{Light: 1, Power: true, Lamp: n%8 < 4, Door: 1}
				}
				dark, lit, frames := 255, 0, 0
				watch(t, scene.Source(1, world, false), size, plan(mode), func(r vision.Redacted, l vision.Look) bool {
					if l.Glass != "" {
						t.Fatalf("glass: %s", l.Glass)
					}
					for name, b := range map[string]vision.Box{"letter": scene.Letter.Box, "photo": scene.Photo} {
						if c := contrast(r, b); c > 14 {
							t.Fatalf("where the %s is, neighbouring pixels differ by %d", name, c)
						}
					}
					dark, lit = min(dark, int(l.Lamp)/256), max(lit, int(l.Lamp)/256)
					frames++
					if frames == 16 {
						save(t, fmt.Sprintf("seen_%v_%s", size, mode), r)
					}
					return frames < 16
				})
				if lit-dark < 80 {
					t.Errorf("the lamp is %d when lit and %d when not", lit, dark)
				}
			})
		}
	}
}

// With the clock its squares are in the picture, and it is nearly now.
func TestClock(t *testing.T) {
	p := plan(vision.Blur)
	p.Zones = [][]vision.Point{scene.ClockZone}
	world := func() scene.World { return scene.World{Light: 1, Power: true} }
	for _, size := range []vision.Size{{Width: 640, Height: 480}, {Width: 1280, Height: 720}, {Width: 1920, Height: 1080}} {
		frames := 0
		watch(t, scene.Source(1, world, true), size, p, func(r vision.Redacted, l vision.Look) bool {
			if l.Glass != "" {
				t.Fatalf("glass: %s", l.Glass)
			}
			y, _, _ := sealed.Planes(r.Sealed())
			var ms int64
			for bit := range 20 {
				v := y[(bit/10*32+16)*size.Width+bit%10*32+16]
				switch {
				case v > 200:
					ms |= 1 << bit
				case v > 40:
					t.Fatalf("%v: square %d has luma %d", size, bit, v)
				}
			}
			if age := (time.Now().UnixMilli() - ms) & (1<<20 - 1); age > 2000 {
				t.Errorf("%v: the clock is %d ms old", size, age)
			}
			if frames++; frames == 3 {
				save(t, fmt.Sprintf("clock_%v", size), r)
			}
			return frames < 3
		})
	}
}

const vtest = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"

// The same on real footage with a lamp drawn in, whose cover and power follow the world.
func TestFootageWithLamp(t *testing.T) {
	file, err := vision.ParseSource("file:" + vtest)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	world := func() scene.World { // one second of each, at ten frames a second
		asked++
		return scene.World{Lamp: asked%4 < 2, Power: asked < 22, Covered: asked > 12}
	}
	box := vision.Box{Min: vision.Point{X: 4500, Y: 3000}, Max: vision.Point{X: 4900, Y: 3800}}
	dark, lit, covered := 255, 0, false
	watch(t, scene.WithLamp(file, box, world), vision.Size{Width: 1280, Height: 720},
		vision.Plan{Zones: [][]vision.Point{scene.Zone}, Lamp: box, Mode: vision.Blur}, func(r vision.Redacted, l vision.Look) bool {
			switch {
			case l.Glass == vision.CameraFailed:
				return false
			case l.Glass != "":
				t.Fatalf("glass: %s", l.Glass)
			case l.Lamp < 30*256:
				covered = true
			default:
				if covered {
					t.Error("the cover fell off")
				}
				dark, lit = min(dark, int(l.Lamp)/256), max(lit, int(l.Lamp)/256)
				save(t, "footage", r)
			}
			return true
		})
	if lit-dark < 80 || !covered {
		t.Errorf("the lamp is %d when lit and %d when not; covered: %v", lit, dark, covered)
	}
}

// A file that is missing, or is no video, shows as glass with its reason, and the cause names the file.
func TestBadFile(t *testing.T) {
	text := filepath.Join(t.TempDir(), "letter.avi")
	if err := os.WriteFile(text, []byte("this is no video"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/nowhere/at/all.avi", text} {
		src, err := vision.ParseSource("file:" + path)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		watch(t, src, vision.Size{Width: 640, Height: 480}, plan(vision.Blur), func(r vision.Redacted, l vision.Look) bool {
			if l.Glass != vision.CameraFailed {
				t.Fatalf("%q for %s", l.Glass, path)
			}
			save(t, "glass_camera_failed", r)
			n++
			return n < 3
		})
	}
}

// The whole way of a reference: it is taken from the live picture, a later Sight is held against it, a bump of 8 pixels in 720
// shows as glass, and the camera put right shows again.
func TestBump(t *testing.T) {
	size := vision.Size{Width: 640, Height: 480}
	var bumped atomic.Bool
	world := func() scene.World {
		w := scene.World{Light: 1, Power: true}
		if bumped.Load() {
			w.Shift = [2]float64{6.4, -4.8}
		}
		return w
	}
	p := plan(vision.Frosted)
	show := func(until func(s *vision.Sight, l vision.Look) bool) {
		s, err := vision.Open(scene.Source(1, world, false), size, 30, p)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for done := false; !done; {
			_, l, err := s.Next(ctx)
			if err != nil {
				t.Fatalf("%v: %v", err, s.Trouble())
			}
			done = l.Glass != vision.CameraStalled && until(s, l) // a busy machine may stall
		}
	}
	show(func(s *vision.Sight, _ vision.Look) bool {
		ref, err := s.Reference()
		p.Reference = ref
		return err == nil
	})
	pictures, glass := 0, 0
	show(func(_ *vision.Sight, l vision.Look) bool {
		pictures++
		switch {
		case !bumped.Load() && glass == 0: // as it stood
			if l.Glass != "" {
				t.Errorf("%q before the bump", l.Glass)
				return true
			}
			bumped.Store(pictures > 30)
		case bumped.Load():
			if l.Glass == vision.CameraMoved {
				glass++
			} else if l.Glass != "" {
				t.Errorf("%q after the bump", l.Glass)
				return true
			}
			bumped.Store(glass < 5)
		default: // put right again
			return l.Glass == ""
		}
		return false
	})
	if glass < 5 {
		t.Errorf("%d pictures of glass", glass)
	}
}

// A courier who goes on into the interior is seen there as a shadow, and it is said that he went.
func TestSomebodyGoesInside(t *testing.T) {
	size := vision.Size{Width: 640, Height: 480}
	p := plan(vision.Frosted)
	p.Shadow = true
	opened := time.Duration(-1)
	began := time.Now()
	world := func() scene.World { // the door is opened once the empty hall is known
		w := scene.World{Light: 1, Power: true, Inside: 1}
		if at := time.Since(began); opened >= 0 {
			w.Door = min((at-opened).Seconds()*3, 1)
		} else if at > 3*time.Second {
			opened = at
		}
		return w
	}
	s, err := vision.Open(scene.Source(1, world, false), size, 30, p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Visit(true)
	// Where he is at his farthest, and as far again to the other side of the door.
	there := func(r vision.Redacted, x int) int {
		y, _, _ := sealed.Planes(r.Sealed())
		sum := 0
		for row := size.Height / 2; row < size.Height*3/4; row++ {
			sum += int(y[row*size.Width+x*size.Width/vision.Unit])
		}
		return sum / (size.Height / 4)
	}
	var bare [2]int
	dark, other := 0, 0
	for began := time.Now(); time.Since(began) < 13*time.Second; {
		r, l, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if l.Glass != "" {
			continue
		}
		if bare[0] == 0 {
			bare = [2]int{there(r, 1950), there(r, 8050)}
		}
		dark, other = max(dark, bare[0]-there(r, 1950)), max(other, bare[1]-there(r, 8050))
		if dark > 25 && l.Beyond > 0 {
			if l.Shadow < 18*8 || l.Shadow > 18*27 {
				t.Errorf("%d bytes of shadow", l.Shadow)
			}
			save(t, "inside", r)
			break
		}
		if l.Beyond > 0 {
			save(t, "beyond", r)
		}
	}
	if dark <= 25 || other > 10 {
		t.Errorf("the glass was darker by %d where he was, and by %d on the other side", dark, other)
	}
}
