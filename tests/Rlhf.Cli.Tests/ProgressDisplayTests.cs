using Rlhf.Cli.Output;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;
using Spectre.Console;

namespace Rlhf.Cli.Tests;

public sealed class ProgressDisplayTests
{
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
