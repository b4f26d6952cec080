using Rlhf.Core.Options;
using Rlhf.Definitions.Binding;

namespace Rlhf.Definitions.Tests;

public sealed class SamplingOptionsTests
{
    [Fact]
    public void An_empty_stop_string_is_refused_wherever_it_stands()
    {
        var options = new CandidatesOptions { Model = "m", Sampling = new SamplingOptions { StopStrings = ["x", ""] } };
        Assert.Equal(("sampling", "a stop string must not be empty (stopStrings)"), OptionBinder.FindFault(options));
        Assert.Null(OptionBinder.FindFault(options with { Sampling = new SamplingOptions { StopStrings = ["x"] } }));
    }
}
