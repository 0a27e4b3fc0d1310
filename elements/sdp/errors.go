package sdp

// Error is an error of the Kurento protocol. Its text is the message a Kurento
// client sees; what an Agent returns wraps one of the constants below with the
// details. The caller finds it with errors.Is and maps it to the code named here.
type Error string

// Error returns the message of the protocol.
func (e Error) Error() string { return string(e) }

// What can go wrong, one constant for each message of the protocol.
const (
	// 40201 SDP_PARSE_ERROR
	ErrEmptyOffer  Error = "Empty offer not valid"
	ErrEmptyAnswer Error = "Empty answer not valid"
	ErrParse       Error = "Error parsing SDP"
	ErrInvalid     Error = "Invalid SDP" // no line v=0 (RFC 8866 §5.1)

	// 40202 and 40203: asked for a description that does not exist yet
	ErrNoLocalSDP  Error = "No local SDP"
	ErrNoRemoteSDP Error = "No remote SDP"

	// 40204, 40205 and 40206: well-formed, but nothing can be made of it
	ErrGenerateOffer Error = "Error generating offer"
	ErrProcessOffer  Error = "Error processing offer"
	ErrProcessAnswer Error = "Error processing answer"

	// 40208, 40209 and 40210: the call comes at the wrong time
	ErrAlreadyNegotiated      Error = "Endpoint already negotiated"
	ErrNotOfferGenerated      Error = "Offer not generated. It is not possible to process an answer."
	ErrAnswerAlreadyProcessed Error = "Sdp Answer already processed"

	// 40401 ICE_ADD_CANDIDATE_ERROR
	ErrAddCandidate Error = "Error adding candidate"
)
