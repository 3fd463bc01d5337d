package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"vestibule/firmware/pipe"
)

// script is a neighbour that comes and goes: each dial is answered by the next end.
type script struct {
	ends chan *pipe.Conn
}

func (s script) dial() (*pipe.Conn, error) {
	a, b, err := pipe.Pair()
	if err != nil {
		return nil, err
	}
	s.ends <- b
	return a, nil
}

func TestKeepDialsAgain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := script{make(chan *pipe.Conn, 8)}
	got := make(chan byte, 8)
	done := make(chan struct{})
	go func() {
		defer close(done)
		Keep(ctx, s.dial, pipe.Hello{Program: "link", Version: pipe.Version}, func(l *Line) error {
			for {
				f, err := l.Receive()
				if err != nil {
					return err
				}
				got <- f.Body[0]
				l.Send(pipe.TypeSleep, nil)
			}
		}, func(error) {})
	}()
	for i := range 3 {
		end := <-s.ends
		f, err := end.Receive()
		if err != nil || f.Type != pipe.TypeHello {
			t.Fatalf("connection %d: first frame %v, %v", i, f.Type, err)
		}
		if err := end.Send(pipe.TypeUnit, []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		if n := <-got; n != byte(i) {
			t.Fatalf("connection %d: got %d", i, n)
		}
		if f, err = end.Receive(); err != nil || f.Type != pipe.TypeSleep {
			t.Fatalf("connection %d: answer %v, %v", i, f.Type, err)
		}
		if err := end.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	<-done
}

func TestKeepReportsAnAbsenceOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dials, reports := 0, 0
	Keep(ctx, func() (*pipe.Conn, error) {
		if dials++; dials == 4 {
			cancel()
		}
		return nil, fmt.Errorf("nobody there")
	}, pipe.Hello{}, nil, func(error) { reports++ })
	if dials != 4 || reports != 1 {
		t.Fatalf("%d dials, %d reports; want 4 and 1", dials, reports)
	}
}

func TestSendNeverWaits(t *testing.T) {
	a, b, err := pipe.Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() // never reads
	start := time.Now()
	err = Serve(t.Context(), a, func(l *Line) error {
		body := make([]byte, 1<<20)
		for range 2 * queueLength {
			l.Send(pipe.TypeUnit, body)
		}
		_, err := l.Receive()
		return err
	})
	if !errors.Is(err, ErrStuck) {
		t.Fatalf("got %v, want ErrStuck", err)
	}
	if d := time.Since(start); d > time.Second {
		t.Fatalf("it took %v", d)
	}
}

func TestServeEnds(t *testing.T) {
	a, b, err := pipe.Pair()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	err = Serve(t.Context(), a, func(l *Line) error { _, err := l.Receive(); return err })
	if !errors.Is(err, io.EOF) {
		t.Fatalf("got %v, want EOF", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	a, b, err = pipe.Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	time.AfterFunc(10*time.Millisecond, cancel)
	err = Serve(ctx, a, func(l *Line) error { _, err := l.Receive(); return err })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want Canceled", err)
	}
}
