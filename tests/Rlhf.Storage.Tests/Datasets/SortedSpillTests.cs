using System.Runtime.CompilerServices;
using Rlhf.Storage.Datasets;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests.Datasets;

public sealed class SortedSpillTests
{
    private static readonly Digest s_first = new(1, 0, 0, 0);
    private static readonly Digest s_second = new(2, 0, 0, 0);

    [Fact]
    public void Records_come_back_by_group_content_and_tokens_and_else_as_they_came()
    {
        using var folder = new TemporaryFolder();
        using var spill = new SortedSpill<string>(folder["spill.tmp"]);
        spill.Add(new SpillKey(s_second, s_first, s_first), "g2");
        spill.Add(new SpillKey(s_first, s_second, s_first), "g1 c2");
        spill.Add(new SpillKey(s_first, s_first, s_second), "g1 c1 t2");
        spill.Add(new SpillKey(s_first, s_first, s_first), "g1 c1 t1, came first");
        spill.Add(new SpillKey(s_first, s_first, s_first), "g1 c1 t1, came next");
        string[] expected = ["g1 c1 t1, came first", "g1 c1 t1, came next", "g1 c1 t2", "g1 c2", "g2"];
        Assert.Equal(expected, spill.Records());
        Assert.Equal([expected[..4], expected[4..]], spill.Groups());
        // What is added later finds its place.
        spill.Add(new SpillKey(s_first, s_first, new Digest(1, 5, 0, 0)), "g1 c1 t1.5");
        Assert.Equal(["g1 c1 t1, came first", "g1 c1 t1, came next", "g1 c1 t1.5", .. expected[2..]], spill.Records());
    }

    [Fact]
    public void Nothing_that_is_kept_for_each_annotation_is_an_object()
    {
        // A garbage collection walks over all objects while everybody waits; values in an array are nothing to it.
        Assert.False(RuntimeHelpers.IsReferenceOrContainsReferences<SpilledRecord>());
        Assert.False(RuntimeHelpers.IsReferenceOrContainsReferences<VersionEntry>());
    }
}
