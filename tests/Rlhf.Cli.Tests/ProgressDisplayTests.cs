using System.Text.Json.Nodes;
using Rlhf.Cli.Output;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;
using Spectre.Console;

namespace Rlhf.Cli.Tests;

public sealed class ProgressDisplayTests
{
    [Theory]
    [InlineData("completion tokens", "candidates: sampling 3/9 (950 completion tokens/s)\n")]
    [InlineData("prompt and completion tokens", "candidates: sampling 3/9 (950 prompt and completion tokens/s)\n")]
    [InlineData(null, "candidates: sampling 3/9 (950 tokens/s)\n")]
    public void A_speed_says_which_tokens_it_counts(string? counted, string line)
    {
        var payload = new JsonObject
        {
            ["kind"] = "candidates",
            ["phase"] = "sampling",
            ["done"] = 3,
            ["total"] = 9,
            ["tokensPerSecond"] = 949.6,
        };
        if (counted is not null)
            payload["counted"] = counted;
        using var output = new StringWriter();
        using (var display = ProgressDisplay.AsLines(output))
            display.Report(new Change(ChangeTypes.RunProgress, null, Guid.NewGuid(), DateTimeOffset.UnixEpoch, payload));
        Assert.Equal(line, output.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_link_that_is_longer_than_the_terminal_is_wide_stays_whole()
    {
        string note = "label: waits for people: http://localhost:5000/label/" + new string('7', 200);
        var screen = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(screen),
        });
        console.Profile.Width = 40;
        var pipeline = new PipelineStatus(
            Guid.CreateVersion7(), "people", RunState.Running, null, DateTimeOffset.UnixEpoch, null, null, null, ["label"], []);
        using (var display = ProgressDisplay.OnTerminal(pipeline, console))
            display.Note(note);
        Assert.Contains(note, screen.ToString(), StringComparison.Ordinal);
    }
}
