package relay

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// browser is a viewer with the page's own checks, which are the twin of hub/web/app/src/lib/answer.ts.
type browser struct {
	key  ed25519.PrivateKey
	pc   *webrtc.PeerConnection
	sdp  string // the offer
	own  [32]byte
	call pass.Call
	note string // the call, signed

	mu      sync.Mutex
	state   webrtc.PeerConnectionState
	packets int
	beats   int
}

func newBrowser(t *testing.T, key ed25519.PrivateKey, more ...func(*webrtc.SettingEngine)) *browser {
	t.Helper()
	set := webrtc.SettingEngine{}
	set.SetIncludeLoopbackCandidate(true)
	for _, m := range more {
		m(&set)
	}
	media := &webrtc.MediaEngine{}
	err := media.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 102, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
	}}, webrtc.RTPCodecTypeVideo)
	b := &browser{key: key}
	if err == nil {
		b.pc, err = webrtc.NewAPI(webrtc.WithSettingEngine(set), webrtc.WithMediaEngine(media)).NewPeerConnection(webrtc.Configuration{})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.pc.Close() }) // some are closed by then
	b.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) { b.mu.Lock(); b.state = s; b.mu.Unlock() })
	negotiated, id := true, uint16(0)
	_, err = b.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	if err != nil {
		t.Fatal(err)
	}
	beats, err := b.pc.CreateDataChannel("beats", &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id})
	if err != nil {
		t.Fatal(err)
	}
	beats.OnMessage(func(webrtc.DataChannelMessage) { b.mu.Lock(); b.beats++; b.mu.Unlock() })
	b.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			if _, _, err := track.ReadRTP(); err != nil {
				return
			}
			b.mu.Lock()
			b.packets++
			b.mu.Unlock()
		}
	})
	offer, err := b.pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	complete := webrtc.GatheringCompletePromise(b.pc)
	if err := b.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-complete
	b.sdp = b.pc.LocalDescription().SDP
	own, ok := onlyFingerprint(b.sdp)
	if !ok {
		t.Fatalf("no fingerprint in\n%s", b.sdp)
	}
	b.own = own
	return b
}

// calls signs a call for a delivery.
func (b *browser) calls(t *testing.T, device, delivery string, change ...func(*pass.Call)) wire.Offer {
	t.Helper()
	b.call = pass.Call{Device: device, Delivery: delivery, Fingerprint: b.own, At: time.Now().UTC().Truncate(time.Second)}
	_, _ = rand.Read(b.call.Nonce[:])
	for _, c := range change {
		c(&b.call)
	}
	note, err := pass.SignCall(b.call, b.key)
	if err != nil {
		t.Fatal(err)
	}
	b.note = string(note)
	return wire.Offer{SDP: b.sdp, Call: b.note, Key: pass.EncodeKey(public(b.key))}
}

// got is how much of the home has come.
func (b *browser) got() (packets, beats int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.packets, b.beats
}

func (b *browser) connected() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state == webrtc.PeerConnectionStateConnected
}

var (
	fingerprints  = regexp.MustCompile(`(?i)^a=fingerprint:`)
	oneSpelling   = regexp.MustCompile(`^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$`)
	lineEnds      = regexp.MustCompile("[\n\r\u2028\u2029]")
	errNotTheirs  = errors.New("the answer is not this device's answer to this call")
	errNoOneSpelt = errors.New("the answer does not hold exactly one fingerprint")
)

// onlyFingerprint is lib/sdp.ts's.
func onlyFingerprint(sdp string) (sum [32]byte, ok bool) {
	var all []string
	for _, l := range lineEnds.Split(sdp, -1) {
		if fingerprints.MatchString(l) {
			all = append(all, l)
		}
	}
	if len(all) != 1 {
		return sum, false
	}
	m := oneSpelling.FindStringSubmatch(all[0])
	if m == nil {
		return sum, false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(m[1], ":", ""))
	return [32]byte(b), err == nil
}

// checks is lib/answer.ts's: whether an answer may be given to WebRTC at all.
func (b *browser) checks(body wire.AnswerBody, device ed25519.PublicKey, now time.Time) error {
	answer, err := pass.OpenAnswer([]byte(body.Answer), device)
	if err != nil {
		return err
	}
	theirs, ok := onlyFingerprint(body.SDP)
	switch {
	case answer.Device != b.call.Device || answer.Delivery != b.call.Delivery || answer.Viewer != pass.KeyID(public(b.key)) || answer.Nonce != b.call.Nonce:
		return errNotTheirs
	case !ok:
		return errNoOneSpelt
	case !bytes.Equal(theirs[:], answer.Fingerprint[:]) || !answer.Until.After(now):
		return errNotTheirs
	}
	return nil
}
