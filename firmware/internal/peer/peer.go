// Package peer keeps a connection to a neighbouring program: it dials, says hello, and
// dials again when the neighbour has died. What is sent never waits for the neighbour: it
// is queued, and a neighbour so stuck that the queue fills loses the connection.
//
// Non-goals: delivery. What was queued when a connection ended is lost; the programs'
// messages are made so that a new connection starts from what its two ends know.
package peer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"vestibule/firmware/pipe"
)

const (
	// queueLength is how many frames may wait: at the pace of 30 looks a second, 4 s of them.
	queueLength = 128
	firstWait   = 20 * time.Millisecond
	lastWait    = time.Second
)

// ErrStuck ends a connection whose other end does not read.
var ErrStuck = errors.New("peer: the neighbour does not read")

// Line is one connection. Send may be called by any goroutine, Receive by one.
type Line struct {
	conn *pipe.Conn
	out  chan item
	end  context.CancelCauseFunc
	ctx  context.Context
}

type item struct {
	t pipe.Type
	v any
}

// Send queues a frame; see [pipe.Conn.Send] for what v may be. It is not to be changed
// afterwards.
func (l *Line) Send(t pipe.Type, v any) {
	select {
	case l.out <- item{t, v}:
	default:
		l.end(ErrStuck)
	}
}

// Receive waits for the next frame. Its body is valid until the next call.
func (l *Line) Receive() (pipe.Frame, error) {
	f, err := l.conn.Receive()
	if cause := context.Cause(l.ctx); err != nil && cause != nil {
		return pipe.Frame{}, cause
	}
	return f, err
}

// End ends the connection; why is what Serve returns.
func (l *Line) End(why error) { l.end(why) }

// Done is closed when the connection has ended.
func (l *Line) Done() <-chan struct{} { return l.ctx.Done() }

// Serve runs one connection that is already made: it calls serve, sends what serve queues,
// and closes the connection when serve returns or ctx ends. It returns why it ended.
func Serve(ctx context.Context, conn *pipe.Conn, serve func(*Line) error) error {
	ctx, end := context.WithCancelCause(ctx)
	l := &Line{conn: conn, out: make(chan item, queueLength), end: end, ctx: ctx}
	var wg sync.WaitGroup
	var errWrite, errClose error
	wg.Go(func() { // the only writer
		for {
			select {
			case i := <-l.out:
				if errWrite = conn.Send(i.t, i.v); errWrite != nil {
					end(errWrite)
					return
				}
			case <-ctx.Done():
				return
			}
		}
	})
	wg.Go(func() {
		<-ctx.Done()
		errClose = conn.Close() // ends a Receive, and a Send, under way
	})
	err := serve(l)
	end(context.Canceled)
	wg.Wait()
	if err == nil {
		err = errors.Join(errWrite, errClose)
	}
	return err
}

// Keep holds a connection until ctx ends: it dials, sends hello, calls serve, and starts
// again when serve returns. Each serve has a Line of its own. report is told why each
// connection ended, or could not be made; a neighbour that is away is reported once.
func Keep(ctx context.Context, dial func() (*pipe.Conn, error), hello pipe.Hello, serve func(*Line) error, report func(error)) {
	wait, away := firstWait, false
	for ctx.Err() == nil {
		conn, err := dial()
		if err != nil {
			if !away {
				report(fmt.Errorf("peer: not there yet: %w", err))
			}
			away = true
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
			wait = min(2*wait, lastWait)
			continue
		}
		started := time.Now()
		err = Serve(ctx, conn, func(l *Line) error {
			l.Send(pipe.TypeHello, hello)
			return serve(l)
		})
		if ctx.Err() != nil {
			return
		}
		report(fmt.Errorf("peer: the connection has ended: %w", err))
		away = false
		if time.Since(started) > lastWait {
			wait = firstWait
		}
		select {
		case <-time.After(wait): // one that hangs up at once is not dialled in a loop
		case <-ctx.Done():
		}
		wait = min(2*wait, lastWait)
	}
}
