package pass

// OpenKept opens a pass that a device kept: one that it was permitted to keep once, by a key
// that may have been revoked since. Ask [Authority.Permits] whether it still holds; a device
// needs the others too, to know what it was doing.
func (a *Authority) OpenKept(msg []byte) (Pass, error) { return OpenPass(msg, a.signer(msg)) }

// AmendKept does for a kept amendment what OpenKept does for a pass.
func (a *Authority) AmendKept(p Pass, msg []byte) (Pass, error) { return Amend(p, msg, a.signer(msg)) }

// AboutDelivery says which delivery an amendment is about, if the owner or somebody who was ever
// granted anything signed it.
func (a *Authority) AboutDelivery(msg []byte) (string, error) {
	m, err := OpenAmendment(msg, a.signer(msg))
	return m.Delivery, err
}
