// Package view hands access units to whoever is connected for them: link, and later the
// recorder. A connection that cannot keep up loses pictures, never the others' time; it goes
// on with the next key frame.
//
// Being connected is the wish to see: with no connection nothing needs to be encoded.
package view

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/wire"
)

const (
	// queueLength is how many units may wait for one connection: half a second of them. A
	// longer queue would show an old picture as the present one.
	queueLength = 15
	// maxViews is how many connections are served.
	maxViews = 4
	// mostConns is how many connections there may be, those that have not said who they are counted, and
	// helloWithin how long they may take to say it.
	mostConns   = 2 * maxViews
	helloWithin = 2 * time.Second
	// acceptPause is how long no connection is taken after one could not be.
	acceptPause = 200 * time.Millisecond
)

// Stream serves connections. Its methods may be called from any goroutine. The zero Stream
// is of no use; see [New].
type Stream struct {
	log *slog.Logger

	mu    sync.Mutex
	views map[*viewer]struct{}
	key   bool
	glass wire.Reason
}

type viewer struct {
	units   chan []byte
	glass   chan wire.Reason // the newest only
	waiting bool             // for a key frame; guarded by Stream.mu
	wish    pipe.Wish        // guarded by Stream.mu
}

// New makes a Stream that nobody is connected to.
func New(log *slog.Logger) *Stream {
	return &Stream{log: log, views: map[*viewer]struct{}{}}
}

// Wanted reports whether anybody is connected.
func (s *Stream) Wanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.views) > 0
}

// KeyWanted reports whether somebody needs a key frame, until one is sent.
func (s *Stream) KeyWanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key
}

// Wish is what those who are connected wish for: the least of their rates, 0 when none has said, and the format of
// one who has named one. It is strangers' word.
func (s *Stream) Wish() (w pipe.Wish) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.views {
		if k := v.wish.Kbit; k > 0 && (w.Kbit == 0 || k < w.Kbit) {
			w.Kbit = k
		}
		if v.wish.Format != "" {
			w.Format = v.wish.Format
		}
	}
	return w
}

// Send queues a unit for everyone who can use it. It never waits.
func (s *Stream) Send(u pipe.Unit) {
	body := pipe.AppendUnit(nil, u)
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Key {
		s.key = false
	}
	for v := range s.views {
		if v.waiting && !u.Key {
			continue
		}
		select {
		case v.units <- body:
			v.waiting = false
		default:
			v.waiting, s.key = true, true
		}
	}
}

// Glass says why the whole picture is glass; empty when the zone shows.
func (s *Stream) Glass(r wire.Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r == s.glass {
		return
	}
	s.glass = r
	for v := range s.views {
		v.say(r)
	}
}

// say replaces what was not said yet. Stream.mu is held, so there is one who replaces.
func (v *viewer) say(r wire.Reason) {
	select {
	case <-v.glass:
	default:
	}
	v.glass <- r
}

// listener is where connections come in; *pipe.Listener.
type listener interface {
	Accept() (*pipe.Conn, error)
	Close() error
}

// Run accepts connections until ctx ends, closes the listener, and waits for those that it serves. When one cannot be
// taken, as when the descriptors have run out, it goes on after a pause: the camera must not end with it.
func (s *Stream) Run(ctx context.Context, l listener) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	places := make(chan struct{}, mostConns)
	stop := context.AfterFunc(ctx, func() {
		if err := l.Close(); err != nil {
			s.log.Warn("view: close", "err", err)
		}
	})
	defer stop()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			s.log.Error("view: a connection cannot be taken", "err", err)
			select {
			case <-time.After(acceptPause):
			case <-ctx.Done():
			}
			continue
		}
		select {
		case places <- struct{}{}:
		default:
			s.log.Warn("view: a connection too many")
			if err := conn.Close(); err != nil {
				s.log.Warn("view: close", "err", err)
			}
			continue
		}
		wg.Go(func() {
			defer func() { <-places }()
			err := s.Serve(ctx, conn)
			s.log.Info("view: a connection has ended", "why", err)
		})
	}
}

// Serve serves one connection until it or ctx ends, and closes it.
func (s *Stream) Serve(ctx context.Context, conn *pipe.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	closed := make(chan error, 1)
	go func() {
		<-ctx.Done()
		closed <- conn.Close()
	}()
	err := s.serve(ctx, cancel, conn)
	cancel()
	return errors.Join(err, <-closed)
}

func (s *Stream) serve(ctx context.Context, cancel func(), conn *pipe.Conn) error {
	late := time.AfterFunc(helloWithin, cancel)
	err := greet(conn)
	late.Stop()
	if err != nil {
		return err
	}
	v, err := s.join()
	if err != nil {
		return err
	}
	defer s.leave(v)
	var wg sync.WaitGroup
	var errWrite error
	wg.Go(func() {
		defer cancel()
		errWrite = v.write(ctx, conn)
	})
	errRead := s.read(v, conn)
	cancel()
	wg.Wait()
	return errors.Join(errRead, errWrite)
}

func greet(conn *pipe.Conn) error {
	f, err := conn.Receive()
	if err != nil {
		return err
	}
	_, err = f.Hello()
	return err
}

func (s *Stream) read(v *viewer, conn *pipe.Conn) error {
	for {
		f, err := conn.Receive()
		if err != nil {
			return err
		}
		var wish pipe.Wish
		switch f.Type {
		case pipe.TypeKeyPlease:
		case pipe.TypeWish:
			err = f.JSON(&wish)
		default:
			err = fmt.Errorf("view: %v is not for eye", f.Type)
		}
		if err != nil {
			return err
		}
		s.mu.Lock()
		if f.Type == pipe.TypeWish {
			v.wish = wish
		} else {
			s.key = true
		}
		s.mu.Unlock()
	}
}

func (v *viewer) write(ctx context.Context, conn *pipe.Conn) error {
	for {
		var err error
		select {
		case body := <-v.units:
			err = conn.Send(pipe.TypeUnit, body)
		case r := <-v.glass:
			err = conn.Send(pipe.TypeGlass, pipe.Glass{Reason: r})
		case <-ctx.Done():
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *Stream) join() (*viewer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.views) >= maxViews {
		return nil, fmt.Errorf("view: %d connections are served already", maxViews)
	}
	v := &viewer{units: make(chan []byte, queueLength), glass: make(chan wire.Reason, 1), waiting: true}
	v.say(s.glass)
	s.views[v] = struct{}{}
	s.key = true
	return v, nil
}

func (s *Stream) leave(v *viewer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.views, v)
}
