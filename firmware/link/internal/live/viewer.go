package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"vestibule/firmware/pipe"
	"vestibule/hub/wire"
)

// viewer is one who watches. Audience.mu guards what changes.
type viewer struct {
	id    string
	call  string      // signed
	relay *wire.Relay // the hub's, if it has one
	log   *slog.Logger

	known     bool // gate may count it
	answered  bool
	connected bool
	waiting   bool // for a key frame
	until     *time.Timer
	end       time.Time // when it has moved since gate admitted this one
	join      *time.Timer
	pc        *webrtc.PeerConnection
	track     *webrtc.TrackLocalStaticRTP
	beats     *webrtc.DataChannel
	seq       uint16
	line      *line
	takes     []pipe.Format
	format    pipe.Format // empty until it is settled

	found    []string // this side's addresses
	looking  bool     // for more of them
	trickled int      // addresses that came after the offer
	fresh    uint8    // the extension's number, see freshID
}

// called reports whether this viewer's call has this nonce. Whoever knows it is the viewer, or the hub.
func (v *viewer) called(nonce string) bool {
	return nonce != "" && strings.Contains(v.call, "\nnonce "+nonce+"\n") // pass.Call's
}

func newAPI(cfg Config, lines *lines) (*webrtc.API, error) {
	media, chain := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := registerFormats(media); err != nil {
		return nil, err
	}
	if err := lines.configure(media, chain); err != nil {
		return nil, err
	}
	if err := registerFresh(media); err != nil {
		return nil, err
	}
	if err := webrtc.ConfigureNack(media, chain); err != nil {
		return nil, fmt.Errorf("live: %w", err)
	}
	if err := webrtc.ConfigureRTCPReports(chain); err != nil {
		return nil, fmt.Errorf("live: %w", err)
	}
	set := webrtc.SettingEngine{}
	set.SetIncludeLoopbackCandidate(cfg.Loopback)
	if cfg.Net != nil {
		set.SetNet(cfg.Net)
	}
	set.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	// A browser hides its addresses behind mDNS names. It reaches this side anyway, whose
	// addresses are in the answer, and is then known by where its packets come from.
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	const silent, gone, alive = 5 * time.Second, 5 * time.Second, time.Second
	set.SetICETimeouts(silent, gone, alive)
	// Beats are few and small: what is lost of them must not hold up the ones after it for seconds, as RFC 9260's
	// timers and windows, made for much data, would.
	set.SetSCTPMinCwnd(16 << 10)
	set.SetSCTPRTOMax(300 * time.Millisecond)
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(chain), webrtc.WithSettingEngine(set)), nil
}

// connect makes the connection for an offer whose fingerprint was signed, and returns the
// answer with the addresses in it that this side knows by then; see Trickle.
func (a *Audience) connect(ctx context.Context, v *viewer, offer string) (string, error) {
	pc, err := a.api.NewPeerConnection(webrtc.Configuration{
		Certificates: []webrtc.Certificate{a.certificate}, BundlePolicy: webrtc.BundlePolicyMaxBundle,
		RTCPMuxPolicy: webrtc.RTCPMuxPolicyRequire, ICEServers: a.ways(v.relay),
	})
	if err != nil {
		return "", err
	}
	line := a.lines.take(pc.ID())
	a.mu.Lock()
	v.line = line
	a.mu.Unlock()
	answer, err := a.negotiate(ctx, v, pc, offer)
	if err == nil {
		return answer, nil
	}
	return "", errors.Join(err, pc.Close())
}

func (a *Audience) negotiate(ctx context.Context, v *viewer, pc *webrtc.PeerConnection, offer string) (string, error) {
	track, err := newTrack(pipe.H264)
	if err != nil {
		return "", err
	}
	sender, err := pc.AddTrack(track)
	if err != nil {
		return "", err
	}
	negotiated, ordered, id, again := true, false, uint16(0), uint16(0)
	beats, err := pc.CreateDataChannel("beats", &webrtc.DataChannelInit{
		Negotiated: &negotiated, ID: &id, Ordered: &ordered, MaxRetransmits: &again,
	})
	if err != nil {
		return "", err
	}
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) { a.stateChanged(v, s) })
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	format, err := a.agree(v, takes(sender))
	if err != nil {
		return "", err
	}
	if format != pipe.H264 {
		if track, err = newTrack(format); err != nil {
			return "", err
		}
		if err := sender.ReplaceTrack(track); err != nil {
			return "", err
		}
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	complete := webrtc.GatheringCompletePromise(pc)
	a.mu.Lock()
	v.pc, v.track, v.beats = pc, track, beats
	a.seek(v, pc)
	a.mu.Unlock()
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	fresh := freshID(sender)
	a.mu.Lock()
	v.fresh = fresh
	a.mu.Unlock()
	if err := soon(ctx, complete); err != nil {
		return "", err
	}
	a.ends.Go(func() { a.hear(sender, v.line) })
	return pc.LocalDescription().SDP, nil
}

func newTrack(f pipe.Format) (*webrtc.TrackLocalStaticRTP, error) {
	return webrtc.NewTrackLocalStaticRTP(capability(f), "picture", "doorway")
}

// hear takes a viewer's requests for a key frame, and what it says of its line, until its connection is closed.
func (a *Audience) hear(sender *webrtc.RTPSender, line *line) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				a.keys.ask()
			case *rtcp.ReceiverEstimatedMaximumBitrate:
				line.said.Store(uint64(min(max(p.Bitrate, 1), mostBits)))
			}
		}
	}
}

func (a *Audience) stateChanged(v *viewer, s webrtc.PeerConnectionState) {
	switch s {
	case webrtc.PeerConnectionStateConnected:
		a.mu.Lock()
		lacking := a.welcome(v)
		if v.join != nil {
			v.join.Stop()
		}
		a.mu.Unlock()
		a.cfg.Log.Info("a viewer watches", "viewer", v.id)
		a.tellEye()
		if lacking {
			a.keys.ask()
		}
	case webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		a.drop(v, s.String())
	}
}

// show sends a unit, taken apart for RTP, to a viewer who can use it; Audience.mu is held.
func (v *viewer) show(u pipe.Unit, payloads [][]byte) {
	v.waiting = false
	if u.Key {
		v.line.stale.keyFrom(v.seq)
	}
	v.send(payloads, u.At)
}

// send sends one unit's packets; Audience.mu is held.
func (v *viewer) send(payloads [][]byte, at time.Duration) {
	stamp := uint32(uint64(at) * 9 / 100_000) // 90 kHz
	for i, p := range payloads {
		packet := rtp.Packet{
			Header: rtp.Header{
				Version: 2, Marker: i == len(payloads)-1, SequenceNumber: v.seq, Timestamp: stamp,
			},
			Payload: p,
		}
		if i == 0 {
			setFresh(&packet.Header, v.fresh)
		}
		v.seq++
		v.line.stale.sent(v.seq)
		if err := v.track.WriteRTP(&packet); err != nil {
			// A closing connection; its end comes by stateChanged.
			v.waiting = true
			return
		}
	}
}

// beat sends a beat unless older ones wait; Audience.mu is held.
func (v *viewer) beat(note string) {
	if !v.connected || v.beats.ReadyState() != webrtc.DataChannelStateOpen || v.beats.BufferedAmount() > maxUnsent {
		return
	}
	if err := v.beats.SendText(note); err != nil {
		v.log.Debug("beat", "viewer", v.id, "err", err)
	}
}
