using System.CommandLine;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Cli.Parsing;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Core.Options;
using Rlhf.Storage;
using Rlhf.Storage.Exchange.Export;
using Rlhf.Storage.Exchange.Formats;
using Rlhf.Storage.Exchange.Import;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf import</c> and <c>rlhf export</c>: labeling projects from files and into files, also beside a running hub.</summary>
internal static class ExchangeVerbs
{
    private const int ShownCharacters = 300;

    public static Command Import()
    {
        var file = new Argument<string>("file")
        {
            Description = "JSON lines, a JSON list, CSV or Parquet; .gz is unpacked.",
            HelpName = "FILE",
        };
        var project = new Option<string?>("--project")
        {
            Description = "The name or id of the labeling project; one of a new name is made from the file. Default: the name of the file.",
            HelpName = "PROJECT",
        };
        var format = new Option<string?>("--format")
        {
            Description = "How the file is read; by default it is recognized by its columns: "
                + string.Join(", ", ImportFormats.All.Select(f => f.Name)) + ".",
            HelpName = "FORMAT",
        };
        var map = new Option<string[]>("--map")
        {
            Description = "A column of the format and the file's name for it, such as prompt=question; may be given several times.",
            HelpName = "NAME=COLUMN",
            Arity = ArgumentArity.OneOrMore,
        };
        var preview = new Option<bool>("--preview") { Description = "Shows the first rows as they would be read, and imports nothing." };
        var (home, json) = (PipelineOptions.Home(), PipelineOptions.Json());
        var command = new Command(
            "import", "Imports tasks, preferences and rankings into a labeling project. The same file again adds nothing.")
        {
            file, project, format, map, preview, home, json,
        };
        command.SetAction(async (parse, stop) =>
        {
            var source = new ImportSource(parse.GetRequiredValue(file))
            {
                Format = parse.GetValue(format),
                Map = parse.GetValue(map) ?? [],
            };
            if (parse.GetValue(preview))
                return Show(ProjectImport.Preview(source), parse.GetValue(json));
            var folder = parse.OpenHome(home);
            using var database = await RlhfDatabase.OpenAsync(folder.Database, stop);
            var import = new ProjectImport(database);
            string name = parse.GetValue(project) ?? DefaultName(source.Path);
            var report = await FindAsync(database, name, stop) is { } known
                ? await import.ImportAsync(known, source, stop)
                : Guid.TryParse(name, out var id)
                    ? throw new UserError($"no labeling project {id} (--project)")
                    : await import.ImportAsync(name, source, stop);
            return Show(report, name, parse.GetValue(json));
        });
        return command;
    }

    public static Command Export()
    {
        var project = new Option<string>("--project")
        {
            Description = "The name or id of the labeling project.",
            HelpName = "PROJECT",
            Required = true,
        };
        var format = new Option<string>("--format")
        {
            Description = "How it is written: " + string.Join(", ", ExportFormat.All.Select(f => f.Name)) + ".",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => ExportFormat.All[0].Name,
        };
        var question = new Option<string?>("--question")
        {
            Description = "For pairs: whose ranking is taken; by default the first ranking or pairwise question of the project.",
            HelpName = "KEY",
        };
        var rule = new Option<Aggregation?>("--rule")
        {
            Description = "For pairs: what several annotators' rankings become, as in a dataset version; by default each stays. "
                + "soft adds a column 'weight'.",
            HelpName = TypedValues.Names<Aggregation>(),
            CustomParser = argument => TypedValues.Choice<Aggregation>(argument),
        };
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The file to write; standard output without it.",
            HelpName = "FILE",
        };
        var home = PipelineOptions.Home();
        var command = new Command("export", "Writes a labeling project to a file, also while people label.")
        {
            project, format, question, rule, output, home,
        };
        command.SetAction(async (parse, stop) =>
        {
            var kind = ExportFormat.Named(parse.GetRequiredValue(format));
            using var database = await RlhfDatabase.OpenAsync(ErasureVerbs.ExistingHome(parse.GetValue(home)).Database, stop);
            string name = parse.GetRequiredValue(project);
            var id = await FindAsync(database, name, stop) ?? throw new UserError(
                $"no labeling project '{name}' (--project); there are {await NamesAsync(database, stop)}");
            await using var export = await new ProjectExport(database).OpenAsync(
                id, kind, parse.GetValue(question), parse.GetValue(rule), stop);
            foreach (string warning in export.Warnings)
                Console.Error.WriteLine($"rlhf: {warning}");
            if (parse.GetValue(output) is { } path)
            {
                AtomicFile.Write(path, stream => export.WriteAsync(stream, stop).GetAwaiter().GetResult());
            }
            else
            {
                await using var stream = Console.OpenStandardOutput();
                await export.WriteAsync(stream, stop);
            }
            return CommandLine.Success;
        });
        return command;
    }

    private static async Task<Guid?> FindAsync(RlhfDatabase database, string name, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        Guid? id = Guid.TryParse(name, out var parsed) ? parsed : null;
        return await db.Projects.Where(p => p.Name == name || p.Id == id).Select(p => (Guid?)p.Id).FirstOrDefaultAsync(stop);
    }

    private static async Task<string> NamesAsync(RlhfDatabase database, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        var names = await db.Projects.OrderByDescending(p => p.Created).Select(p => p.Name).Take(10).ToListAsync(stop);
        return string.Join(", ", names.Select(n => $"'{n}'").DefaultIfEmpty("none"));
    }

    /// <summary>"pairs" for a file pairs.jsonl.gz.</summary>
    private static string DefaultName(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path);
        return name.Length > 0 ? name : "import";
    }

    private static int Show(ImportReport report, string project, bool json)
    {
        foreach (var bad in report.BadLines)
            Console.Error.WriteLine($"rlhf: {bad}");
        foreach (string note in report.Notes)
            Console.Error.WriteLine($"rlhf: {note}");
        Console.Out.WriteLine(json
            ? JsonSerializer.Serialize(report, JsonSerializerOptions.Web)
            : $"imported {report.Tasks} tasks with {report.Annotations} annotations into '{project}' ({report.Project}), "
            + $"read as {report.Format}; "
            + $"{report.Known} known already, {report.BadLineCount} lines left out");
        return CommandLine.Success;
    }

    private static int Show(ImportPreview preview, bool json)
    {
        foreach (var bad in preview.BadLines)
            Console.Error.WriteLine($"rlhf: {bad}");
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(preview, JsonSerializerOptions.Web));
            return CommandLine.Success;
        }
        Console.Out.WriteLine($"read as {preview.Format}; columns: {string.Join(", ", preview.Columns)}");
        foreach (var row in preview.Rows)
        {
            Console.Out.WriteLine($"line {row.Line}");
            Console.Out.WriteLine($"  prompt: {Short(row.Prompt)}");
            for (int i = 0; i < row.Completions.Count; i++)
                Console.Out.WriteLine($"  {i + 1}: {Short(row.Completions[i])}");
            foreach (string answer in row.Answers)
                Console.Out.WriteLine($"  answer: {answer}");
        }
        return CommandLine.Success;
    }

    private static string Short(string text)
    {
        string line = JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
        return line.Length <= ShownCharacters ? line : line[..ShownCharacters] + "…";
    }
}
