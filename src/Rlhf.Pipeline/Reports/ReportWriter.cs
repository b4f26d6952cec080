using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Fluid;
using Rlhf.Core.Files;
using Rlhf.Pipeline.Reports.Page;

namespace Rlhf.Pipeline.Reports;

/// <summary>
/// Writes the HTML report of a pipeline run: one file that needs no network. Prompts and completions are hostile text: the template
/// escapes every value, the numbers for the charts are a JSON data block without a literal angle bracket, and the page's content
/// security policy allows only its own two scripts, named by their hashes.
/// </summary>
public static class ReportWriter
{
    private static readonly JsonSerializerOptions ChartJson = new(JsonSerializerDefaults.Web);

    private static readonly Lazy<IFluidTemplate> Template =
        new(() => new FluidParser(new FluidParserOptions { AllowFunctions = true }).Parse(Resource("report.liquid")));

    private static readonly Lazy<TemplateOptions> Options = new(() => new TemplateOptions
    {
        MemberAccessStrategy = new UnsafeMemberAccessStrategy { MemberNameStrategy = MemberNameStrategies.CamelCase },
    });

    private static readonly Lazy<string> Style = new(() => Resource("tokens.css") + Resource("report.css"));

    private static readonly Lazy<string> Charts = new(() => Resource("echarts.common.min.js"));

    private static readonly Lazy<string> Script = new(() => Resource("chart-style.js") + Resource("report.js"));

    /// <summary>Writes the report of <paramref name="data"/> to <paramref name="path"/>, whole or not at all.</summary>
    public static void Write(ReportData data, string path) => AtomicFile.WriteText(path, Render(data));

    /// <summary>The report as HTML.</summary>
    public static string Render(ReportData data)
    {
        var page = PageBuilder.Build(data);
        var panels = page.Sections.SelectMany(section => section.Panels.Concat(section.More)).Where(panel => panel.Chart is not null);
        var context = new TemplateContext(new
        {
            Page = page,
            Style = Style.Value,
            Charts = Charts.Value,
            Script = Script.Value,
            // The default encoder writes <, >, & and everything beyond ASCII as \uXXXX: the block cannot end early.
            Data = JsonSerializer.Serialize(panels.ToDictionary(panel => panel.Id, panel => panel.Chart), ChartJson),
            Policy = $"default-src 'none'; script-src {Hash(Charts.Value)} {Hash(Script.Value)}; style-src {Hash(Style.Value)}; "
                + "img-src data:; base-uri 'none'; form-action 'none'",
        }, Options.Value);
        return Template.Value.Render(context, HtmlEncoder.Create(UnicodeRanges.All));
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Resource(string name)
    {
        using var stream = typeof(ReportWriter).Assembly.GetManifestResourceStream("Rlhf.Pipeline.Reports." + name)
            ?? throw new InvalidOperationException($"no embedded resource {name}");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        // A browser reads line ends as line feeds, and the policy's hashes are of what it reads.
        return reader.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
