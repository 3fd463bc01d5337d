package live

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/pion/transport/v5"
	"github.com/pion/webrtc/v4"

	"vestibule/firmware/pipe"
	"vestibule/hub/wire"
)

const (
	// maxViewers bounds what a hub can make this program hold. Gate's own bound is lower.
	maxViewers = 12
	askTime    = 5 * time.Second
	// joinTime is how long a viewer may take from the answer to the first packet.
	joinTime = 15 * time.Second
	// maxAge is how old a picture may be to be sent on.
	maxAge = time.Second
	// keySpacing is the least time between two requests for a key frame.
	keySpacing = 500 * time.Millisecond
	// payloadSize is what of an RTP packet's 1200 bytes is the picture's.
	payloadSize = 1180
	// maxUnsent is how many bytes of beats may wait for a viewer whose line is slow. An old
	// beat proves nothing: a fresh one follows.
	maxUnsent = 4 << 10
)

// Gate decides who may watch.
type Gate interface {
	// Ask asks whether a viewer may watch. An error means that gate did not answer.
	Ask(context.Context, pipe.Ask) (pipe.Admit, error)
	// Left says that a viewer whom gate admitted has gone.
	Left(id string)
}

// RefusedError is an offer that is not taken.
type RefusedError struct {
	Reason wire.Reason
	Cause  error
}

func (r *RefusedError) Error() string { return fmt.Sprintf("%s: %v", r.Reason, r.Cause) }
func (r *RefusedError) Unwrap() error { return r.Cause }

// Config is what an Audience needs. All fields but Loopback, Hub and Net have to be set.
type Config struct {
	Gate Gate
	// KeyPlease asks eye for a key frame. It is called at most twice a second.
	KeyPlease func()
	// Wish tells eye what the viewers' lines carry, and in which format they take the picture. It is called at most five
	// times a second.
	Wish func(pipe.Wish)
	// Format is what a viewer gets who takes any.
	Format pipe.Format
	// Changed is called whenever Count has changed.
	Changed func()
	// Clock is CLOCK_MONOTONIC, by which units say when they were taken.
	Clock func() time.Duration
	// Loopback offers this machine's own address too: for a desk.
	Loopback bool
	// Hub is the hub's name or address, where its relay is too. Empty for no relay.
	Hub string
	// Net is the network that pictures go by; nil for this machine's as it is.
	Net transport.Net
	Log *slog.Logger
}

// Audience is everyone who watches. Its methods may be called from any goroutine. It has to
// be closed; the zero Audience is of no use, see [New].
type Audience struct {
	cfg         Config
	api         *webrtc.API
	certificate webrtc.Certificate
	fingerprint []byte
	keys        *keys
	lines       *lines
	ends        sync.WaitGroup // of viewers

	mu      sync.Mutex
	closed  bool
	viewers map[*viewer]struct{}
	packets packets
	told    told
	hold    hold
}

// New makes an Audience of nobody, with a certificate of its own.
func New(cfg Config) (*Audience, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("live: %w", err)
	}
	cert, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("live: %w", err)
	}
	sum, err := ownFingerprint(cert)
	if err != nil {
		return nil, err
	}
	lines := &lines{made: map[string]*line{}}
	api, err := newAPI(cfg, lines)
	if err != nil {
		return nil, err
	}
	return &Audience{
		cfg: cfg, api: api, certificate: *cert, fingerprint: sum, keys: newKeys(cfg.KeyPlease), lines: lines,
		viewers: map[*viewer]struct{}{},
	}, nil
}

func ownFingerprint(cert *webrtc.Certificate) ([]byte, error) {
	prints, err := cert.GetFingerprints()
	if err != nil {
		return nil, fmt.Errorf("live: %w", err)
	}
	for _, p := range prints {
		if p.Algorithm == "sha-256" {
			sum, err := parseFingerprint("sha-256 " + strings.ToUpper(p.Value))
			return sum[:], err
		}
	}
	return nil, errors.New("live: the certificate has no sha-256 fingerprint")
}

// Answer answers a viewer's offer. The error is a *RefusedError when the viewer is refused;
// another one means that gate does not answer.
func (a *Audience) Answer(ctx context.Context, o wire.Offer) (wire.AnswerBody, error) {
	v, err := a.reserve(o.Call)
	if err != nil {
		return wire.AnswerBody{}, err
	}
	defer a.ends.Done()
	v.relay = o.Relay
	claimed, unfit := examine(o.SDP)
	body, err := a.answer(ctx, v, o, claimed, unfit)
	if err != nil {
		a.drop(v, "refused")
		return wire.AnswerBody{}, err
	}
	return body, nil
}

// answer asks gate, also about an offer that is unfit: gate refuses it for what the question lacks, and the
// household can read that somebody sends such offers.
func (a *Audience) answer(ctx context.Context, v *viewer, o wire.Offer, claimed [32]byte, unfit error) (wire.AnswerBody, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	ask := pipe.Ask{ID: v.id, Call: o.Call, Key: o.Key, Offered: claimed[:], Fingerprint: a.fingerprint}
	if unfit != nil {
		ask.Call, ask.Key, ask.Offered = "", "", nil
	}
	a.known(v, true) // also when the reply is late
	admit, err := a.cfg.Gate.Ask(ctx, ask)
	if unfit != nil {
		a.known(v, err == nil && admit.Reason == "") // a gate that admits it has to hear that it has gone
		return wire.AnswerBody{}, &RefusedError{wire.Unreadable, unfit}
	}
	if err != nil {
		return wire.AnswerBody{}, fmt.Errorf("ask gate: %w", err)
	}
	if admit.Reason != "" {
		a.known(v, false)
		return wire.AnswerBody{}, &RefusedError{admit.Reason, errors.New("gate refuses")}
	}
	if !bytes.Equal(admit.Fingerprint, claimed[:]) {
		return wire.AnswerBody{}, &RefusedError{wire.BadSignature, errors.New("the offer's fingerprint is not the one that was signed")}
	}
	left := time.Until(admit.Until)
	if left <= 0 {
		return wire.AnswerBody{}, &RefusedError{wire.WindowOver, fmt.Errorf("gate says until %v", admit.Until)}
	}
	answer, err := a.connect(ctx, v, o.SDP)
	if err != nil {
		return wire.AnswerBody{}, &RefusedError{wire.Unreadable, err}
	}
	if !a.begin(v, left) {
		return wire.AnswerBody{}, &RefusedError{wire.CameraAsleep, errors.New("cut while joining")}
	}
	return wire.AnswerBody{SDP: answer, Answer: admit.Answer}, nil
}

// Bye ends the viewing that the call with this nonce began.
func (a *Audience) Bye(nonce string) {
	a.each(func(v *viewer) {
		if v.called(nonce) {
			a.endSoon(v, "bye")
		}
	})
}

// Until says that the viewing that gate admitted by this id ends at another time.
func (a *Audience) Until(id string, end time.Time) {
	a.each(func(v *viewer) {
		if v.id != id {
			return
		}
		v.end = end
		if v.until != nil {
			v.until.Reset(time.Until(end)) // at once, if that is past
		}
	})
}

// Cut ends every viewing, those that are just beginning too. It does not wait.
func (a *Audience) Cut(why string) {
	a.mu.Lock()
	a.hold.clear()
	a.mu.Unlock()
	a.each(func(v *viewer) { a.endSoon(v, why) })
}

// Close ends every viewing and waits for that.
func (a *Audience) Close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.Cut("closing")
	a.ends.Wait()
	a.keys.close()
}

// Unit sends one access unit to everyone who can use it. The data is not kept; what is held for those who join is a copy.
func (a *Audience) Unit(u pipe.Unit) {
	if a.deliver(u) {
		a.keys.ask()
	}
	a.tellEye()
}

// deliver reports whether somebody lacks a key frame.
func (a *Audience) deliver(u pipe.Unit) (lacking bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	stale := a.cfg.Clock()-u.At > maxAge
	a.keep(u, stale)
	var packets [][]byte
	for v := range a.viewers {
		switch {
		case !v.connected:
			continue
		case stale || u.Format != v.format:
			v.waiting = true
		case !v.waiting || u.Key:
			if packets == nil {
				packets = a.packets.of(u)
			}
			v.show(u, packets)
		}
		lacking = lacking || v.waiting
	}
	return lacking
}

// Beat sends one signed beat to everyone.
func (a *Audience) Beat(note []byte) {
	text := string(note)
	a.each(func(v *viewer) { v.beat(text) })
}

// Count is how many watch, or are about to.
func (a *Audience) Count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.viewers)
}

// each calls f for every viewer, with the lock held.
func (a *Audience) each(f func(*viewer)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for v := range a.viewers {
		f(v)
	}
}

// reserve makes a viewer, so that the bound and Cut hold from the first moment on.
func (a *Audience) reserve(call string) (*viewer, error) {
	v := &viewer{id: rand.Text(), call: call, log: a.cfg.Log}
	a.mu.Lock()
	n := len(a.viewers)
	full := a.closed || n >= maxViewers
	if !full {
		a.viewers[v] = struct{}{}
		a.ends.Add(1)
	}
	a.mu.Unlock()
	if full {
		return nil, &RefusedError{wire.Busy, fmt.Errorf("%d watch already", n)}
	}
	a.cfg.Changed()
	return v, nil
}

// known says whether gate may count the viewer.
func (a *Audience) known(v *viewer, yes bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v.known = yes
}

// begin starts the clocks of a viewer who has an answer, unless it was cut meanwhile.
func (a *Audience) begin(v *viewer, left time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.viewers[v]; !ok {
		return false
	}
	v.answered = true
	if !v.end.IsZero() {
		left = time.Until(v.end)
	}
	v.until = time.AfterFunc(left, func() { a.drop(v, "its time is over") })
	if !v.connected {
		v.join = time.AfterFunc(joinTime, func() { a.drop(v, "it never came") })
	}
	return true
}

// endSoon drops a viewer without waiting; the lock is held.
func (a *Audience) endSoon(v *viewer, why string) {
	a.ends.Go(func() { a.drop(v, why) })
}

// drop ends a viewer. Dropping again ends what it has got since: it may have been cut while
// gate was asked, or while its connection was made.
func (a *Audience) drop(v *viewer, why string) {
	a.mu.Lock()
	_, there := a.viewers[v]
	delete(a.viewers, v)
	if !a.joining() {
		a.hold.clear()
	}
	pc, known := v.pc, v.known
	v.known = false
	for _, t := range []*time.Timer{v.until, v.join} {
		if t != nil {
			t.Stop()
		}
	}
	a.mu.Unlock()
	if pc != nil {
		if err := pc.Close(); err != nil {
			a.cfg.Log.Warn("viewer: close", "err", err)
		}
	}
	if known {
		a.cfg.Gate.Left(v.id)
	}
	if there {
		a.cfg.Log.Info("a viewer has gone", "viewer", v.id, "why", why)
		a.cfg.Changed()
	}
}
