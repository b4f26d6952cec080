using Spectre.Console.Rendering;

namespace Rlhf.Cli.Output;

/// <summary>A line that stays one line where the terminal is narrower: a link that is broken in two cannot be opened.</summary>
internal sealed class UnbrokenLine(string text) : Renderable
{
    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => [new Segment(text), Segment.LineBreak];
}
