package live

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/cc"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/webrtc/v4"

	"vestibule/firmware/pipe"
)

// How the bit rate follows the line: each viewer's browser reports when which packet came (transport-wide congestion
// control, draft-holmer-rmcat-transport-wide-cc-extensions-01), and pion's Google congestion control
// (draft-ietf-rmcat-gcc-02) makes a bit rate of that; of a browser that can only say a bit rate itself (REMB), that one
// counts. Eye is told the least of the viewers', as it has one encoder for all: the worst line makes the picture
// coarser for everybody, down to eye's own least, and not further.
//
// What is lost is sent again when the browser asks for it (NACK, RFC 4585), as a stream of its own (RTX, RFC 4588), so
// that it is not taken for the line's own disorder; that costs a round trip, and only what was lost. Forward error
// correction would cost a fifth of every line all the time, and of the kinds that pion has (FlexFEC 03) no browser
// takes one unasked. Nor is there an intra refresh in the place of key frames: with what was lost sent again, a
// viewer asks for a key frame when it comes and hardly ever after.
const (
	// firstBits is believed of a line that nothing is known of: a first picture in good time, and on a bad line no
	// more than a second of it in the queue.
	firstBits = 1_000_000
	leastBits = 100_000
	mostBits  = 20_000_000
	// beatBits is what beats take, with all that carries them.
	beatBits = 25_000
	// picturesShare is how much of the rest is the pictures', in percent: RTP, SRTP, UDP and IP take 6 % of a full
	// packet, and more of a small one.
	picturesShare = 90
	// noLoss is the share of lost packets that no line is blamed for (draft-ietf-rmcat-gcc-02, section 6).
	noLoss = 0.02
	// rateSpacing is the least time between two words to eye, and rateAgain the most: an eye that has begun
	// anew knows nothing.
	rateSpacing = 200 * time.Millisecond
	rateAgain   = time.Second
)

// line is what is known of one viewer's.
type line struct {
	*gcc.SendSideBWE
	pacer *pacer
	stale stale
	spare spare
	said  atomic.Uint64 // by REMB, bit/s
}

func newLine() (*line, error) {
	l := &line{pacer: newPacer()}
	var err error
	l.SendSideBWE, err = gcc.NewSendSideBWE(
		gcc.SendSideBWEInitialBitrate(firstBits), gcc.SendSideBWEMinBitrate(leastBits), gcc.SendSideBWEMaxBitrate(mostBits),
		gcc.SendSideBWEPacer(l.pacer))
	return l, err
}

// kbit is what pictures may take of it, in kbit/s; at least 1. told is what eye was told last. Audience.mu is held.
func (l *line) kbit(now time.Duration, told int) int {
	stats := l.GetStats()
	loss, _ := stats["averageLoss"].(float64)
	loss = min(max(loss, 0), 0.5)
	bits := float64(l.GetTargetBitrate())
	if said := l.said.Load(); said > 0 {
		bits = float64(min(said, mostBits))
	} else {
		trouble := stats["usage"] == "overuse" || loss > noLoss
		bits *= l.spare.over(now, l.pacer.sent.Load(), float64(told)*1000, trouble)
		l.pacer.over.Store(int64(bits))
	}
	bits *= 1 - loss // what is lost goes out twice
	return max(int((bits-beatBits)*picturesShare/100/1000), 1)
}

// lines hands each connection's estimator to its viewer: pion makes it before anybody has the connection.
type lines struct {
	mu   sync.Mutex
	made map[string]*line // by the connection's ID
}

func (l *lines) add(id string, e cc.BandwidthEstimator) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if made, ok := e.(*line); ok {
		l.made[id] = made
	}
}

// NewInterceptor implements interceptor.Factory. The line is there already: its control comes first in the chain.
func (l *lines) NewInterceptor(id string) (interceptor.Interceptor, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if made := l.made[id]; made != nil {
		return &made.stale, nil
	}
	return nil, errors.New("live: a connection without a line")
}

func (l *lines) take(id string) *line {
	l.mu.Lock()
	defer l.mu.Unlock()
	made := l.made[id]
	delete(l.made, id)
	return made
}

// configure puts the congestion control into a chain. It has to come before what sends again, whose packets it then
// counts.
func (l *lines) configure(media *webrtc.MediaEngine, chain *interceptor.Registry) error {
	control, err := cc.NewInterceptor(func() (cc.BandwidthEstimator, error) { return newLine() })
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	control.OnNewPeerConnection(l.add)
	chain.Add(control)
	chain.Add(l)
	if err := webrtc.ConfigureTWCCHeaderExtensionSender(media, chain); err != nil {
		return fmt.Errorf("live: %w", err)
	}
	return nil
}

// told is what eye was told last.
type told struct {
	wish pipe.Wish
	at   time.Duration
}

// due reports whether to tell eye.
func (t *told) due(w pipe.Wish, now time.Duration) bool {
	since := now - t.at
	if since < rateSpacing || (since < rateAgain && w == t.wish) {
		return false
	}
	*t = told{w, now}
	return true
}

// tellEye tells eye what the viewers' lines carry, and their format. It is called when one comes, and for
// every unit, which is often enough.
func (a *Audience) tellEye() {
	var w pipe.Wish
	now := a.cfg.Clock()
	a.mu.Lock()
	for v := range a.viewers {
		if !v.connected || v.line == nil {
			continue
		}
		if k := v.line.kbit(now, a.told.wish.Kbit); w.Kbit == 0 || k < w.Kbit {
			w.Kbit = k
		}
		w.Format = v.format
	}
	due := w.Kbit > 0 && a.told.due(w, now)
	a.mu.Unlock()
	if due {
		a.cfg.Wish(w)
	}
}
