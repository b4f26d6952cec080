using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Runs;

public sealed class RunFolderTests
{
    [Fact]
    public void A_manifest_is_read_as_it_was_written()
    {
        using var place = new TemporaryFolder();
        var folder = new RunFolder(place.Path);
        var options = new EvaluateOptions
        {
            Seed = ulong.MaxValue,
            HeldOutPrompts = 17,
            Sampling = new SamplingOptions { Temperature = 0.1, StopStrings = ["\n", "é"] },
        };
        var manifest = new RunManifest(Guid.CreateVersion7(), RunKinds.Evaluate, options.Seed, RunFolder.OptionsObject(options),
            [new RunInput("policy", "/models/a", "00ff"), new RunInput("prompts", "prompts.jsonl", "11")], "reviews",
            MachineFacts.Current());
        folder.Write(manifest);

        var read = folder.Options<EvaluateOptions>();
        Assert.Equal(options with { Sampling = read.Sampling }, read);
        Assert.Equal(0.1, read.Sampling.Temperature);
        Assert.Equal(["\n", "é"], read.Sampling.StopStrings);
        Assert.Equal("/models/a", folder.Input("policy"));
        Assert.Equal(Path.Combine(place.Path, "prompts.jsonl"), folder.Input("prompts"));
        Assert.Null(folder.TryInput("rewardModel"));
        Assert.Equal(manifest.Id, folder.Read().Id);
    }

    [Theory]
    [InlineData(null, "no run.json")]
    [InlineData("{", "run.json:1")]
    [InlineData("{}", "run.json:1")]
    public void A_folder_without_a_good_manifest_is_refused_in_one_line(string? content, string expected)
    {
        using var place = new TemporaryFolder();
        if (content is not null)
            File.WriteAllText(place["run.json"], content);
        var error = Assert.Throws<UserError>(() => new RunFolder(place.Path).Read());
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Each_attempt_has_a_folder_of_its_own()
    {
        using var place = new TemporaryFolder();
        var run = new RunFolder(place["run"]);
        Assert.Equal(1, run.NextAttempt().Number);
        var first = run.NextAttempt().Create();
        File.WriteAllText(first.LogFile, "it crashed");
        var tenth = run.Attempt(10).Create();
        Assert.Equal(place["run/attempts/10/model"], tenth.ModelFolder);

        Assert.Equal(11, run.NextAttempt().Number);
        var error = Assert.Throws<UserError>(first.Create);
        Assert.Contains("attempt 1 exists already", error.Message, StringComparison.Ordinal);
        Assert.Equal("it crashed", File.ReadAllText(first.LogFile));
        Assert.Throws<ArgumentOutOfRangeException>(() => run.Attempt(0));
    }

    [Fact]
    public void A_bad_line_is_told_with_its_number()
    {
        using var place = new TemporaryFolder();
        File.WriteAllText(place["a.jsonl"], "{\"completion\":\"x\"}\n\n{\"completion\":3}\n");
        var error = Assert.Throws<UserError>(() => RunJson.ReadLines<Pipeline.Files.TextLine>(place["a.jsonl"]).ToList());
        Assert.StartsWith(place["a.jsonl"] + ":3:", error.Message, StringComparison.Ordinal);
    }
}
