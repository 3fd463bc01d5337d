package pass_test

import (
	"encoding/base64"
	"strings"
)

// refusals are passes that OpenPass must refuse.
func refusals(f fixture, note string) []refusedVector {
	text, signature, _ := strings.Cut(note, "\n\n")
	resigned := func(text string) string { return signText(text+"\n", f.owner) }
	swap := func(old, fresh string) string {
		if !strings.Contains(text, old) {
			panic("internal error: the pass has no " + old)
		}
		return strings.Replace(text, old, fresh, 1)
	}
	other := signText(text+"\n", signKey("member"))
	_, foreign, _ := strings.Cut(other, "\n\n")
	const triangle = "0,0 100,0 100,100"
	return []refusedVector{
		{"a word was changed after signing", strings.Replace(note, "entries 3", "entries 9", 1)},
		{"signed by another key", other},
		{"signed twice, by another key besides", text + "\n\n" + signature + foreign},
		{"signed twice, by the same key", text + "\n\n" + signature + signature},
		{"unknown field at the end", resigned(text + "\nfriend yes")},
		{"unknown field in the middle", resigned(swap("\nmode ", "\nfriend yes\nmode "))},
		{"field missing", resigned(swap("\nshadow on", ""))},
		{"fields in another order", resigned(swap("mode blur\nshadow on", "shadow on\nmode blur"))},
		{"field twice", resigned(swap("\nmode blur", "\nmode blur\nmode blur"))},
		{"number with a leading zero", resigned(swap("entries 3", "entries 03"))},
		{"number with a sign", resigned(swap("entries 3", "entries +3"))},
		{"more entries than can be allowed", resigned(swap("entries 3", "entries 10"))},
		{"no entries", resigned(swap("entries 3", "entries 0"))},
		{"window longer than 12 hours", resigned(swap("until 2026-11-22T16:30:00Z", "until 2026-11-23T02:00:01Z"))},
		{"window ends before it begins", resigned(swap("until 2026-11-22T16:30:00Z", "until 2026-11-22T13:59:59Z"))},
		{"window of no length", resigned(swap("until 2026-11-22T16:30:00Z", "until 2026-11-22T14:00:00Z"))},
		{"time not in UTC", resigned(swap("from 2026-11-22T14:00:00Z", "from 2026-11-22T15:00:00+01:00"))},
		{"time with a fraction", resigned(swap("from 2026-11-22T14:00:00Z", "from 2026-11-22T14:00:00.5Z"))},
		{"corner outside the picture", resigned(swap("zone 3000,1000", "zone 10001,1000"))},
		{"zone of two corners", resigned(swap("zone 3000,1000 7000,1000 7600,10000 2400,10000", "zone 3000,1000 7000,1000"))},
		{"five zones", resigned(swap("zone ", "zone "+strings.Repeat(triangle+" / ", 4)))},
		{"33 corners in two zones", resigned(swap("zone ", "zone "+strings.Repeat("1,1 ", 28)+"1,1 / "))},
		{"a zone of two corners beside another", resigned(swap("zone ", "zone 0,0 100,0 / "))},
		{"zones parted by another sign", resigned(swap("zone ", "zone "+triangle+" ~ "))},
		{"zones parted without spaces", resigned(swap("zone ", "zone "+triangle+"/"))},
		{"an empty zone beside another", resigned(swap("zone ", "zone  / "))},
		{"a stroke after the last zone", resigned(swap("\nlarge deny", " / \nlarge deny"))},
		{"corner with a leading zero", resigned(swap("zone 3000,1000", "zone 03000,1000"))},
		{"no word on large zones", resigned(swap("\nlarge deny", ""))},
		{"large zones neither allowed nor denied", resigned(swap("large deny", "large perhaps"))},
		{"reference left empty", resigned(swap("reference none", "reference "))},
		{"reference too short", resigned(swap("reference none", "reference "+b64.EncodeToString(seed("stand")[1:])))},
		{"reference too long", resigned(swap("reference none", "reference "+b64.EncodeToString(append(seed("stand"), 0))))},
		{"reference with loose last bits", resigned(swap("reference none", "reference "+loosen(seed("stand"))))},
		{"empty lamp box", resigned(swap("lamp 4800,1100 5200,1500", "lamp 4800,1100 4800,1500"))},
		{"unknown mode", resigned(swap("mode blur", "mode clear"))},
		{"watchers not sorted", resigned(swap("watchers "+f.terms.Watchers[0]+","+f.terms.Watchers[1],
			"watchers "+f.terms.Watchers[1]+","+f.terms.Watchers[0]))},
		{"watcher twice", resigned(swap("watchers "+f.terms.Watchers[0]+",", "watchers "+f.terms.Watchers[0]+","+f.terms.Watchers[0]+","))},
		{"nobody may watch", resigned(swap("watchers "+strings.Join(f.terms.Watchers, ","), "watchers "))},
		{"base64 with padding", resigned(swap("\nnonce "+b64.EncodeToString(f.terms.Nonce[:]), "\nnonce "+base64.URLEncoding.EncodeToString(f.terms.Nonce[:])))},
		{"base64 with loose last bits", resigned(swap("\nnonce "+b64.EncodeToString(f.terms.Nonce[:]), "\nnonce "+loosen(f.terms.Nonce[:])))},
		{"another statement's header", resigned(swap("vestibule/pass/v1", "vestibule/order/v1"))},
		{"a later version", resigned(swap("vestibule/pass/v1", "vestibule/pass/v2"))},
		{"Windows line ends", resigned(strings.ReplaceAll(text, "\n", "\r\n"))},
		{"two spaces", resigned(swap("mode blur", "mode  blur"))},
		{"signature with another spelling of base64", loosenSignature(note)},
		{"text after the signature", note + "\n"},
		{"no signature", text + "\n"},
		{"empty", ""},
	}
}
