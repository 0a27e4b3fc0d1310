package pipeline

// TranscodingPolicy says whether media may be converted when an element takes none of the codecs that another gives.
type TranscodingPolicy string

// The policies. Who forbids it leaves the conversions out of Settings.Steps too; the policy is what clients are told.
const (
	TranscodingAllow  TranscodingPolicy = "allow"
	TranscodingWarn   TranscodingPolicy = "warn"
	TranscodingForbid TranscodingPolicy = "forbid"
)

// Transcoding are the settings of conversions.
type Transcoding struct {
	Policy        TranscodingPolicy // "" is TranscodingAllow
	Cores         float64           // what the conversions of all pipelines may cost together, 0: no limit
	PipelineCores float64           // the same for each pipeline
}

// core is one in the unit of codec.Step.Cost.
const core = 1_000_000

func (t Transcoding) perPipeline() int { return int(t.PipelineCores * core) }
