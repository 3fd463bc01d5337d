package live

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/pion/sdp/v3"
)

const (
	maxSDP        = 32 << 10
	maxCandidates = 64
)

// examine reads an offer that anybody may have changed, with the parser that pion will read
// it with. It returns the one DTLS fingerprint in it.
func examine(offer string) (fingerprint [32]byte, err error) {
	if len(offer) > maxSDP {
		return fingerprint, fmt.Errorf("offer of %d bytes, want at most %d", len(offer), maxSDP)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(offer); err != nil {
		return fingerprint, fmt.Errorf("offer: %w", err)
	}
	attributes := d.Attributes
	var pictures, channels int
	for _, m := range d.MediaDescriptions {
		// Firefox gives no port of its own to what is bundled with another (RFC 9143, 7.1.3).
		_, bundled := m.Attribute("bundle-only")
		switch kind := m.MediaName.Media; {
		case m.MediaName.Port.Value == 0 && !bundled:
			return fingerprint, errors.New("offer: a medium that is switched off")
		case kind == "video":
			pictures++
			if _, ok := m.Attribute(sdp.AttrKeyRecvOnly); !ok {
				return fingerprint, errors.New("offer: the viewer wants to send a picture")
			}
		case kind == "application":
			channels++
		default:
			return fingerprint, fmt.Errorf("offer: %.20q, where a picture and data are possible", kind)
		}
		attributes = append(attributes, m.Attributes...)
	}
	if pictures != 1 || channels != 1 {
		return fingerprint, fmt.Errorf("offer: %d pictures and %d data channels, want one of each", pictures, channels)
	}
	var candidates, prints int
	value := ""
	for _, a := range attributes {
		switch {
		case strings.EqualFold(a.Key, "fingerprint"):
			if prints++; prints > 1 {
				return fingerprint, errors.New("offer: more than one fingerprint")
			}
			if a.Key != "fingerprint" {
				return fingerprint, fmt.Errorf("offer: %q is how nobody spells a fingerprint", a.Key)
			}
			value = a.Value
		case a.Key == sdp.AttrKeyCandidate:
			candidates++
		}
	}
	if candidates > maxCandidates {
		return fingerprint, fmt.Errorf("offer: %d candidates, want at most %d", candidates, maxCandidates)
	}
	return parseFingerprint(value)
}

// parseFingerprint reads RFC 8122's form, of which one spelling is accepted: "sha-256" and
// 32 bytes in upper-case hexadecimal with colons between.
func parseFingerprint(value string) (sum [32]byte, err error) {
	text, ok := strings.CutPrefix(value, "sha-256 ")
	if !ok {
		return sum, fmt.Errorf("offer: fingerprint %.20q, want a sha-256 one", value)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(b) != len(sum) || text != spell(b) {
		return sum, fmt.Errorf("offer: fingerprint %.120q has a wrong form", value)
	}
	return [32]byte(b), nil
}

// spell writes a fingerprint as RFC 8122 wants it.
func spell(sum []byte) string {
	words := make([]string, len(sum))
	for i, b := range sum {
		words[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(words, ":")
}
