using System.CommandLine;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Pipeline.Hub;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Erasure;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf erase</c>, <c>rlhf backup</c> and <c>rlhf restore</c>: what a person asks to have erased is gone, from restored backups too.</summary>
internal static class ErasureVerbs
{
    public static Command Erase()
    {
        var kind = new Argument<ErasureKind>("kind") { Description = "annotator: all that belongs to one; annotation: its answers, every revision; prompt: the task of this id and all others with its prompt." };
        var id = new Argument<Guid>("id") { Description = "The id of the annotator, annotation or task.", HelpName = "ID" };
        var (home, json) = (PipelineOptions.Home(), PipelineOptions.Json());
        var command = new Command("erase", "Erases what a person asks to have erased: from the database, its copies and materialized datasets. It cannot be undone.") { kind, id, home, json };
        command.SetAction(async (parse, stop) =>
        {
            var folder = ExistingHome(parse.GetValue(home));
            using var database = await RlhfDatabase.OpenAsync(folder.Database, stop);
            var result = await new Erasures(database, folder).EraseAsync(parse.GetValue(kind), parse.GetValue(id), stop);
            Console.Out.WriteLine(parse.GetValue(json)
                ? JsonSerializer.Serialize(result, JsonSerializerOptions.Web)
                : $"erased {result.Annotations} annotation revisions and {result.Tasks} tasks; stale now: {result.StaleVersions} dataset versions, {result.StaleCheckpoints} checkpoints");
            foreach (string file in parse.GetValue(json) ? [] : result.RemovedFiles)
                Console.Out.WriteLine($"removed {file}");
            foreach (string file in parse.GetValue(json) ? [] : result.ChangedFiles)
                Console.Out.WriteLine($"took its lines or samples out of {file}");
            return CommandLine.Success;
        });
        return command;
    }

    /// <summary>A home folder that is in use: a mistyped one is not made, and not taken for one that has nothing in it.</summary>
    private static Home ExistingHome(string? option)
    {
        var folder = Home.Resolve(option);
        return File.Exists(folder.Database) ? folder
            : throw new UserError($"{folder.Root}: is no home folder in use: it has no {Path.GetFileName(folder.Database)}; name another with --home or {Home.Variable}");
    }

    public static Command Backup()
    {
        var file = new Argument<string>("file") { Description = "Where the copy of the database goes; it must not be there yet.", HelpName = "FILE" };
        var home = PipelineOptions.Home();
        var command = new Command("backup", "Copies the database while people label. Runs and models lie in the home folder's runs/ and are not part of it.") { file, home };
        command.SetAction(async (parse, stop) =>
        {
            using var database = await RlhfDatabase.OpenAsync(ExistingHome(parse.GetValue(home)).Database, stop);
            await Backups.CreateAsync(database, parse.GetRequiredValue(file), stop);
            return CommandLine.Success;
        });
        return command;
    }

    public static Command Restore()
    {
        var file = new Argument<string>("file") { Description = "A copy made by rlhf backup.", HelpName = "FILE" };
        var home = PipelineOptions.Home();
        var command = new Command("restore", "Puts a backup in the place of the database and erases again what was erased since.") { file, home };
        command.SetAction(async (parse, stop) =>
        {
            var folder = parse.OpenHome(home);
            using var alone = HomeLock.TryTake(folder) ?? throw new UserError($"{folder.Root}: its hub is running; end it before restoring a backup");
            int erased = await Backups.RestoreAsync(folder, parse.GetRequiredValue(file), stop);
            Console.Out.WriteLine($"restored {folder.Database}; the database of before is kept as {folder.Database}.before-restore; {erased} erasures done again");
            return CommandLine.Success;
        });
        return command;
    }
}
