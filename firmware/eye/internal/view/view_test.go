package view

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/wire"
)

func newStream() *Stream { return New(slog.New(slog.DiscardHandler)) }

// connect gives the far end of a connection that the stream serves.
func connect(t *testing.T, s *Stream) *pipe.Conn {
	t.Helper()
	near, far, err := pipe.Pair()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(ctx, near) }()
	t.Cleanup(func() { _ = far.Close(); cancel(); <-done })
	if err := far.Send(pipe.TypeHello, pipe.Hello{Program: "link", Version: pipe.Version}); err != nil {
		t.Fatal(err)
	}
	return far
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

func receive(t *testing.T, c *pipe.Conn, want pipe.Type) pipe.Frame {
	t.Helper()
	f, err := c.Receive()
	if err != nil || f.Type != want {
		t.Fatalf("got %v, %v; want %v", f.Type, err, want)
	}
	return f
}

func TestANewcomerStartsWithAKeyFrame(t *testing.T) {
	s := newStream()
	if s.Wanted() || s.KeyWanted() {
		t.Fatal("wanted by nobody")
	}
	s.Glass(wire.CameraFailed)
	far := connect(t, s)
	var g pipe.Glass
	if err := receive(t, far, pipe.TypeGlass).JSON(&g); err != nil || g.Reason != wire.CameraFailed {
		t.Fatalf("glass %+v, %v", g, err)
	}
	if !s.Wanted() || !s.KeyWanted() {
		t.Fatal("a newcomer wants no key frame")
	}
	s.Send(pipe.Unit{Frame: 1, Data: []byte("x")})
	s.Send(pipe.Unit{Frame: 2, Key: true, Data: []byte("x")})
	s.Send(pipe.Unit{Frame: 3, Data: []byte("x")})
	for _, want := range []uint64{2, 3} {
		u, err := pipe.ParseUnit(receive(t, far, pipe.TypeUnit).Body)
		if err != nil || u.Frame != want {
			t.Fatalf("got frame %d, %v; want %d", u.Frame, err, want)
		}
	}
	if s.KeyWanted() {
		t.Fatal("a key frame is still wanted")
	}
	if err := far.Send(pipe.TypeKeyPlease, nil); err != nil {
		t.Fatal(err)
	}
	until(t, "a key frame is wanted", s.KeyWanted)
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "nobody is connected", func() bool { return !s.Wanted() })
}

// One that does not read loses pictures and goes on with a key frame; another one does not
// notice.
func TestASlowOneLosesPictures(t *testing.T) {
	s := newStream()
	fast, slow := connect(t, s), connect(t, s)
	receive(t, fast, pipe.TypeGlass)
	receive(t, slow, pipe.TypeGlass)
	const count = 400
	body := make([]byte, 16<<10)
	for n := uint64(1); n <= count; n++ {
		s.Send(pipe.Unit{Frame: n, Key: n%50 == 1, Data: body})
		u, err := pipe.ParseUnit(receive(t, fast, pipe.TypeUnit).Body)
		if err != nil || u.Frame != n {
			t.Fatalf("the fast one got %d, %v; want %d", u.Frame, err, n)
		}
	}
	if !s.KeyWanted() {
		t.Fatal("the slow one's loss asks for no key frame")
	}
	// It reads again. What waits for it comes first, then the gap, and a key frame ends it.
	frames := make(chan pipe.Unit)
	go func() {
		defer close(frames)
		for {
			f, err := slow.Receive()
			if err != nil {
				return
			}
			if u, err := pipe.ParseUnit(f.Body); err == nil {
				frames <- pipe.Unit{Frame: u.Frame, Key: u.Key}
			}
		}
	}()
	resumed := time.NewTicker(10 * time.Millisecond)
	defer resumed.Stop()
	last, lost, n := uint64(0), uint64(0), uint64(count)
	for lost == 0 {
		select {
		case u, ok := <-frames:
			if !ok || u.Frame != last+1 && !u.Key {
				t.Fatalf("after frame %d came %d, no key frame", last, u.Frame)
			}
			lost += u.Frame - last - 1
			last = u.Frame
		case <-resumed.C:
			if n++; n > count+500 {
				t.Fatal("the slow one never comes back")
			}
			s.Send(pipe.Unit{Frame: n, Key: s.KeyWanted(), Data: body})
			receive(t, fast, pipe.TypeUnit)
		}
	}
}

func TestStrangersAreRefused(t *testing.T) {
	s := newStream()
	for name, say := range map[string]func(*pipe.Conn) error{
		"no hello":        func(c *pipe.Conn) error { return c.Send(pipe.TypeKeyPlease, nil) },
		"another version": func(c *pipe.Conn) error { return c.Send(pipe.TypeHello, pipe.Hello{Version: pipe.Version + 1}) },
		"garbage":         func(c *pipe.Conn) error { _, err := c.Write([]byte{0xff, 0xff, 0xff, 0xff, 1}); return err },
	} {
		near, far, err := pipe.Pair()
		if err != nil {
			t.Fatal(err)
		}
		if err := say(far); err != nil {
			t.Fatal(err)
		}
		if err := s.Serve(t.Context(), near); err == nil {
			t.Errorf("%s: served", name)
		}
		if err := far.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range maxViews {
		receive(t, connect(t, s), pipe.TypeGlass)
	}
	if _, err := connect(t, s).Receive(); err == nil {
		t.Fatal("one too many is served")
	}
}

// refusing is a listener whose first connections cannot be taken.
type refusing struct {
	*pipe.Listener
	times int
}

func (r *refusing) Accept() (*pipe.Conn, error) {
	if r.times++; r.times < 3 {
		return nil, errors.New("too many open files")
	}
	return r.Listener.Accept()
}

// Run goes on after connections that could not be taken, and ends with its context.
func TestRunEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "view")
	l, err := pipe.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	s := newStream()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx, &refusing{Listener: l}) }()
	c, err := pipe.Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Send(pipe.TypeHello, pipe.Hello{Version: pipe.Version}); err != nil {
		t.Fatal(err)
	}
	until(t, "connected", s.Wanted)
	cancel()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("Run does not end")
	}
}

// Glass is a state, not a series: a connection that is slow to read hears the newest.
func TestGlassIsTheNewest(t *testing.T) {
	s := newStream()
	v, err := s.join()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []wire.Reason{wire.CameraStalled, wire.CameraEnded, ""} {
		s.Glass(r)
	}
	if r := <-v.glass; r != "" || len(v.glass) != 0 {
		t.Fatalf("got %q, %d more", r, len(v.glass))
	}
}

func TestTheWorstLineCounts(t *testing.T) {
	s := newStream()
	if s.Wish().Kbit != 0 {
		t.Fatalf("%d kbit/s, and nobody has said", s.Wish().Kbit)
	}
	one, two := connect(t, s), connect(t, s)
	for _, c := range []struct {
		conn       *pipe.Conn
		kbit, want int
	}{{one, 900, 900}, {two, 400, 400}, {one, 1000, 400}, {two, 2000, 1000}, {one, -5, 2000}} {
		if err := c.conn.Send(pipe.TypeWish, pipe.Wish{Kbit: c.kbit}); err != nil {
			t.Fatal(err)
		}
		until(t, "the line counts", func() bool { return s.Wish().Kbit == c.want })
	}
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "a line that is gone counts no more", func() bool { return s.Wish().Kbit == 0 })
}
