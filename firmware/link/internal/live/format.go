package live

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"vestibule/firmware/pipe"
)

// The picture goes out as H.264 in constrained baseline or as VP8: whichever is preferred, of what a browser takes.
// There is one encoder, so all who watch get the same: when one comes who cannot take what the others have, they end, and
// call again for what all take. That is a second of their time when a rare browser comes; a second encoder would be a
// third of a core for as long as it stays.

// feedback is what a viewer may say of either format.
func feedback() []webrtc.RTCPFeedback {
	return []webrtc.RTCPFeedback{
		{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"},
		{Type: webrtc.TypeRTCPFBTransportCC}, {Type: webrtc.TypeRTCPFBGoogREMB},
	}
}

// capability is a format in WebRTC's words. H.264's is constrained baseline, which every browser decodes that decodes
// H.264; the level is what the viewer would send, and it sends nothing.
func capability(f pipe.Format) webrtc.RTPCodecCapability {
	if f == pipe.VP8 {
		return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: feedback()}
	}
	return webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: 90000, RTCPFeedback: feedback(),
		SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
	}
}

// registerFormats lets an answer name either, with RTX for what is sent again.
func registerFormats(media *webrtc.MediaEngine) error {
	for i, f := range []pipe.Format{pipe.H264, pipe.VP8} {
		number := webrtc.PayloadType(102 + 2*i)
		again := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: fmt.Sprintf("apt=%d", number)}
		for _, c := range []webrtc.RTPCodecParameters{
			{RTPCodecCapability: capability(f), PayloadType: number}, {RTPCodecCapability: again, PayloadType: number + 1},
		} {
			if err := media.RegisterCodec(c, webrtc.RTPCodecTypeVideo); err != nil {
				return fmt.Errorf("live: %w", err)
			}
		}
	}
	return nil
}

// takes is which formats a viewer's offer, given to pion, takes.
func takes(sender *webrtc.RTPSender) (all []pipe.Format) {
	for _, c := range sender.GetParameters().Codecs {
		switch c.MimeType {
		case webrtc.MimeTypeH264:
			all = append(all, pipe.H264)
		case webrtc.MimeTypeVP8:
			all = append(all, pipe.VP8)
		}
	}
	return all
}

// agree settles the format of a viewer who takes these. Others who have another are ended, if they can take this one.
func (a *Audience) agree(v *viewer, these []pipe.Format) (pipe.Format, error) {
	if len(these) == 0 {
		return "", errors.New("the viewer takes neither H.264 nor VP8")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	v.takes, v.format = these, these[0]
	if slices.Contains(these, a.cfg.Format) {
		v.format = a.cfg.Format
	}
	for o := range a.viewers { // what those have who are here already, rather than what is preferred
		if o != v && o.format != "" && slices.Contains(these, o.format) {
			v.format = o.format
		}
	}
	for o := range a.viewers {
		if o != v && o.format != "" && !slices.Contains(o.takes, v.format) {
			return "", fmt.Errorf("who watches already takes no %s, which is all that this viewer takes", v.format)
		}
	}
	for o := range a.viewers {
		if o != v && o.format != "" && o.format != v.format {
			o.format = "" // nothing more is sent to it
			a.endSoon(o, "it gets another format when it calls again")
		}
	}
	return v.format, nil
}

// packets takes units apart for RTP.
type packets struct {
	h264 codecs.H264Payloader
	vp8  codecs.VP8Payloader
}

func (p *packets) of(u pipe.Unit) [][]byte {
	if u.Format == pipe.VP8 {
		return p.vp8.Payload(payloadSize, u.Data)
	}
	return p.h264.Payload(payloadSize, u.Data)
}
