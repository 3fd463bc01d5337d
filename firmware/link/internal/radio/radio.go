// Package radio is link's way to the network: all that link sends and hears goes through a [Radio], which can fall
// silent. That is what a drill needs: the household sees what a cut looks like, and a cut says no goodbye.
//
// A radio that is silent is as one that somebody else has sent away from its network (a deauthenticated one): nothing
// leaves, nothing arrives, and no connection hears of it. Its sockets stay as they are. Datagrams that are sent are
// lost, what is written to a stream waits, and who dials waits. What comes for them is dropped below this program, by
// a socket filter in the kernel (socket(7), SO_ATTACH_FILTER, which takes no rights), so that the kernel does not
// acknowledge it either. A socket that is closed meanwhile is closed when the silence is over: a kernel says goodbye
// for a program. Names are not looked up.
//
// Who may ask for it is gate's to judge: it takes the order of the owner, or of whoever may install, a member
// among them, for a minute either way of its signing, so that a hub that holds it back chooses when within that time the
// silence comes. While it lasts, the owner's lock and cancel from a page do not arrive; what is at the door, which locks
// when it is shut, needs no radio.
//
// A silence lasts [pass.DrillFor], whatever happens to whoever asked for it, and cannot be made longer; it ends with
// the program.
//
// What the kernel was handed before may still be on its way: bytes of a stream that the other side has not
// acknowledged when the silence begins are sent again by the kernel.
//
// Non-goals: to cut off a part, or one way; and a real radio, whose driver may do other things when it loses its network
// (routes that go away, errors from sockets).
package radio

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
)

// Radio makes sockets. Its methods may be called from any goroutine. It has to be closed.
type Radio struct {
	log    *slog.Logger
	length time.Duration

	mu      sync.Mutex
	closed  bool
	silent  bool
	changed chan struct{} // closed when silent is another
	timer   *time.Timer   // of the silence that is to come, or to end
	sockets map[*socket]struct{}
}

// New makes a Radio that is not silent.
func New(log *slog.Logger) *Radio {
	return &Radio{log: log, length: pass.DrillFor, changed: make(chan struct{}), sockets: map[*socket]struct{}{}}
}

// Silence makes the radio fall silent after a time, at most [pipe.MaxDrillLead], and for [pass.DrillFor]. A radio that
// is silent, or is to be, stays as it is.
func (r *Radio) Silence(after time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.timer != nil {
		return
	}
	r.timer = time.AfterFunc(min(max(after, 0), pipe.MaxDrillLead), func() { r.tell(r.turn(true)) })
}

func (r *Radio) tell(err error) {
	silent, _ := r.state()
	r.log.Info("radio", "silent", silent)
	if err != nil {
		r.log.Error("radio: a socket does not follow", "err", err)
	}
}

// Close ends a silence, and begins no other. Sockets are their users' to close.
func (r *Radio) Close() error {
	r.mu.Lock()
	r.closed = true
	if r.timer != nil {
		r.timer.Stop()
	}
	r.mu.Unlock()
	return r.turn(false)
}

// turn makes every socket silent, and not any more in a while.
func (r *Radio) turn(silent bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.silent == silent || silent && r.closed {
		return nil
	}
	r.silent = silent
	close(r.changed)
	r.changed = make(chan struct{})
	var errs []error
	for s := range r.sockets {
		errs = append(errs, s.mute(silent))
		if s.closed && !silent {
			delete(r.sockets, s)
			errs = append(errs, s.inner.Close())
		}
	}
	r.timer = nil
	if silent {
		r.timer = time.AfterFunc(r.length, func() { r.tell(r.turn(false)) })
	}
	return errors.Join(errs...)
}

// state says whether the radio is silent, and when that will have changed.
func (r *Radio) state() (silent bool, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.silent, r.changed
}

// inner is a socket of this machine's.
type inner interface {
	syscall.Conn
	Close() error
	SetReadDeadline(time.Time) error
}

// socket is what streams and datagrams have in common. Radio.mu guards closed.
type socket struct {
	radio  *Radio
	inner  inner
	done   chan struct{} // closed with it
	closed bool
}

func (r *Radio) add(c inner) (*socket, error) {
	s := &socket{radio: r, inner: c, done: make(chan struct{})}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.silent {
		if err := s.mute(true); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	r.sockets[s] = struct{}{}
	return s, nil
}

// mute has the kernel drop all that comes for the socket, or not any more.
func (s *socket) mute(on bool) error {
	raw, err := s.inner.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		if !on {
			set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
			return
		}
		nothing := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K} // 0 bytes of each packet
		set = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &nothing})
	})
	return errors.Join(err, os.NewSyscallError("setsockopt", set))
}

// Close closes the socket, as soon as the radio is not silent.
func (s *socket) Close() error {
	s.radio.mu.Lock()
	defer s.radio.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	s.closed = true
	close(s.done)
	if s.radio.silent {
		return s.inner.SetReadDeadline(time.Unix(1, 0)) // whoever reads stops now
	}
	delete(s.radio.sockets, s)
	return s.inner.Close()
}

// why says of a socket that is closed that it is.
func (s *socket) why(err error) error {
	select {
	case <-s.done:
		if err != nil {
			return net.ErrClosed
		}
	default:
	}
	return err
}

// Dial connects, as net.Dialer's DialContext does. While the radio is silent it waits.
func (r *Radio) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	for {
		silent, changed := r.state()
		if silent {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
			}
		}
		conn, err := dialUntil(ctx, changed, network, address)
		if err != nil {
			if now, _ := r.state(); now && ctx.Err() == nil {
				continue // it has fallen silent meanwhile
			}
			return nil, err
		}
		c, ok := conn.(interface {
			inner
			net.Conn
		})
		if !ok {
			return nil, errors.Join(errors.New("radio: "+network+" has no socket"), conn.Close())
		}
		s, err := r.add(c)
		if err != nil {
			return nil, err
		}
		return &stream{Conn: c, socket: s}, nil
	}
}

func dialUntil(ctx context.Context, changed <-chan struct{}, network, address string) (net.Conn, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-changed:
			stop()
		case <-ctx.Done():
		}
	}()
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// stream is a connection whose writes wait while the radio is silent.
type stream struct {
	net.Conn
	*socket

	mu       sync.Mutex
	deadline time.Time // for writes
}

func (c *stream) Close() error { return c.socket.Close() }

func (c *stream) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, c.why(err)
}

func (c *stream) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *stream) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	c.deadline = t
	c.mu.Unlock()
	return c.Conn.SetWriteDeadline(t)
}

func (c *stream) Write(b []byte) (int, error) {
	for {
		silent, changed := c.radio.state()
		if !silent {
			n, err := c.Conn.Write(b)
			return n, c.why(err)
		}
		c.mu.Lock()
		end := c.deadline
		c.mu.Unlock()
		var late <-chan time.Time
		if !end.IsZero() {
			late = time.After(time.Until(end))
		}
		select {
		case <-changed:
		case <-c.done:
			return 0, net.ErrClosed
		case <-late:
			return 0, os.ErrDeadlineExceeded
		}
	}
}
