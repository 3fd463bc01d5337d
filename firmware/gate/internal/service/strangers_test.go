package service

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/firmware/gate/internal/journal"
	"vestibule/firmware/pipe"
	"vestibule/hub/wire"
)

// tired is a listener that fails at first, as one does while the descriptors have run out.
type tired struct {
	*pipe.Listener
	fails atomic.Int32
}

func (d *tired) Accept() (*pipe.Conn, error) {
	if d.fails.Add(-1) >= 0 {
		return nil, unix.EMFILE
	}
	return d.Listener.Accept()
}

// doorway runs accept alone until the test ends. What it serves stays until then.
func doorway(t *testing.T, l door) (served chan struct{}) {
	t.Helper()
	s := &Service{log: slog.New(slog.NewTextHandler(testLog{t}, nil)), done: make(chan struct{})}
	served = make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- s.accept(ctx, l, "link", time.Millisecond, func(ctx context.Context, _ *pipe.Conn, _ *session) error {
			served <- struct{}{}
			<-ctx.Done()
			return errClosed
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return served
}

func TestAConnectionThatCannotBeTakenEndsNothing(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	path := filepath.Join(h.socks, "link")
	l, err := pipe.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	d := &tired{Listener: l}
	d.fails.Store(3)
	served := doorway(t, d)
	conn := h.dial("link", pipe.Hello{Program: "link", Version: pipe.Version})
	defer conn.Close() // only said hello
	select {
	case <-served:
	case <-time.After(patience):
		t.Error("nobody is let in any more")
	}
}

// crowd is a listener with always one more at the door, who says nothing.
type crowd struct {
	t       *testing.T
	inner   *pipe.Listener
	path    string
	begun   time.Time
	greeted atomic.Bool
	taken   chan *pipe.Conn
}

func (c *crowd) Accept() (*pipe.Conn, error) {
	conn, err := pipe.Dial(c.path)
	if err != nil {
		return nil, err
	}
	if len(c.taken) == mostNew && !c.greeted.Load() && time.Since(c.begun) < helloWithin {
		c.t.Errorf("more than %d newcomers who have said nothing", mostNew)
	}
	c.taken <- conn
	return c.inner.Accept()
}

func (c *crowd) Close() error { return c.inner.Close() }

func TestNewcomersAreBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(newHome(t).socks, "link")
	inner, err := pipe.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{t: t, inner: inner, path: path, begun: time.Now(), taken: make(chan *pipe.Conn, 1000)}
	served := doorway(t, c)
	until := time.After(helloWithin / 4)
	for len(c.taken) < mostNew {
		select {
		case <-until:
			t.Skip("this machine is too busy to tell")
		case <-time.After(time.Millisecond):
		}
	}
	<-until // one too many would come in this time
	c.greeted.Store(true)
	if err := (<-c.taken).Send(pipe.TypeHello, pipe.Hello{Program: "link", Version: pipe.Version}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-served:
	case <-time.After(patience):
		t.Error("whoever says hello is not served")
	}
}

// Whatever eye calls a reason goes into the journal, so it has to be one.
func TestEyeGivesAReasonThatIsNone(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.startAlone()
	h.link = h.openLink(0)
	h.pair()
	long := wire.Reason(strings.Repeat("x", 5000))
	for what, c := range map[string]struct {
		t    pipe.Type
		v    any
		good bool
	}{
		"trouble, long":     {pipe.TypeTrouble, pipe.Trouble{Reason: long}, false},
		"trouble, unknown":  {pipe.TypeTrouble, pipe.Trouble{Reason: "tired"}, false},
		"trouble, none":     {pipe.TypeTrouble, pipe.Trouble{}, false},
		"glass, long":       {pipe.TypeLook, pipe.Look{Glass: long}, false},
		"glass, unknown":    {pipe.TypeLook, pipe.Look{Glass: "foggy"}, false},
		"a reason":          {pipe.TypeTrouble, pipe.Trouble{Reason: wire.CameraFailed, Detail: strings.Repeat("x", 5000)}, true},
		"no glass":          {pipe.TypeLook, pipe.Look{}, true},
		"glass of a reason": {pipe.TypeLook, pipe.Look{Glass: wire.CameraMoved}, true},
	} {
		do, err := (&Service{}).seen(frame(t, c.t, c.v))
		if (err == nil) != c.good || (do == nil) && c.good {
			t.Errorf("%s: %v", what, err)
		}
	}
	e := h.dial("eye", pipe.Hello{Program: "eye", Version: pipe.Version})
	defer e.Close() // gate ends it
	if err := e.Send(pipe.TypeTrouble, pipe.Trouble{Reason: long}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Receive(); err == nil {
		t.Error("eye is answered")
	}
	h.plan() // and the journal goes on
}

// frame is what the other end of a pipe receives.
func frame(t *testing.T, kind pipe.Type, v any) pipe.Frame {
	t.Helper()
	dir := newHome(t).socks
	l, err := pipe.Listen(filepath.Join(dir, "one"))
	if err != nil {
		t.Fatal(err)
	}
	from, err := pipe.Dial(filepath.Join(dir, "one"))
	if err != nil {
		t.Fatal(err)
	}
	to, err := l.Accept()
	if err == nil {
		err = from.Send(kind, v)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := to.Receive()
	if err := errors.Join(err, from.Close(), to.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	return f
}

// An entry that is too long goes alone: those that wait with it, and all after it, are written.
func TestALongEntryStopsNothing(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	h.pair()
	long := strings.Repeat("x", 5000)
	now := time.Now().UTC().Truncate(time.Millisecond)
	told := make(chan error, 1)
	before := h.disk.journal.Len()
	free := h.holdDisk() // so that they are one write
	for _, e := range []wire.Event{
		{Time: now, Kind: wire.LinkLost},
		{Time: now, Kind: wire.CameraFault, Delivery: "d-1", Reason: wire.Reason(long)},
		{Time: now, Kind: wire.CameraFault, Delivery: long, Who: long},
		{Time: now, Kind: wire.Kind(long)},
		{Time: now, Kind: wire.LinkBack},
	} {
		h.disk.write(e, nil)
	}
	h.disk.write(wire.Event{Time: now, Kind: wire.VisitStarted, Delivery: long}, func(err error) { told <- err })
	h.disk.write(wire.Event{Time: now, Kind: wire.OwnerLocked}, nil)
	free()
	if err := <-told; !errors.Is(err, journal.ErrTooLong) {
		t.Errorf("whoever waits for a long one is told %v", err)
	}
	want := []wire.Event{
		{Kind: wire.LinkLost}, {Kind: wire.CameraFault, Delivery: "d-1", Reason: wire.TooLarge}, {Kind: wire.CameraFault, Reason: wire.TooLarge},
		{Kind: wire.LinkBack}, {Kind: wire.OwnerLocked},
	}
	h.until("the rest is written", func() bool { return h.disk.journal.Len() >= before+uint64(len(want)) })
	got, err := h.disk.journal.Read(before, 100)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, e := range got {
		if e.Kind != want[i].Kind || e.Delivery != want[i].Delivery || e.Reason != want[i].Reason {
			t.Errorf("%+v, want %+v", e, want[i])
		}
	}
	h.plan()
}
