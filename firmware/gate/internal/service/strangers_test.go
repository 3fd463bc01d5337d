package service

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/firmware/pipe"
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
