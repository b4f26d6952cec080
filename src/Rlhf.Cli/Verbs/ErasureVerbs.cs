using System.CommandLine;
using System.Text.Json;
using Rlhf.Cli.Parsing;
using Rlhf.Core;
using Rlhf.LabelingUi.Features.Account.Store;
using Rlhf.Pipeline.Hub;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Erasure;

namespace Rlhf.Cli.Verbs;

/// <summary>
/// <c>rlhf erase</c>, <c>rlhf backup</c> and <c>rlhf restore</c>: what was erased on a person's request stays erased in restored backups.
/// </summary>
internal static class ErasureVerbs
{
    public static Command Erase()
    {
        var kind = new Argument<ErasureKind>("kind")
        {
            HelpName = TypedValues.Names<ErasureKind>(),
            CustomParser = TypedValues.Choice<ErasureKind>,
            Description = "annotator: everything of one annotator; annotation: its answers in every revision; "
                + "prompt: the task with this id and all others with the same prompt.",
        };
        var id = new Argument<Guid>("id")
        {
            Description = "The id of the annotator, annotation or task.",
            HelpName = "ID",
            CustomParser = TypedValues.Id,
        };
        var (home, json) = (PipelineOptions.Home(), PipelineOptions.Json());
        var command = new Command(
            "erase", "Erases data on a person's request: from the database, its copies and materialized datasets. This cannot be undone.")
        {
            kind, id, home, json,
        };
        command.SetAction(async (parse, stop) =>
        {
            var folder = ExistingHome(parse.GetValue(home));
            using var database = await RlhfDatabase.OpenAsync(folder.Database, stop);
            var result = await new Erasures(database, folder).EraseAsync(parse.GetValue(kind), parse.GetValue(id), stop);
            if (parse.GetValue(kind) == ErasureKind.Annotator && File.Exists(folder.Accounts))
            {
                using var accounts = AccountsDatabase.Open(folder);
                await accounts.EraseAsync(parse.GetValue(id), stop);
            }
            Console.Out.WriteLine(parse.GetValue(json)
                ? JsonSerializer.Serialize(result, JsonSerializerOptions.Web)
                : $"erased {result.Annotations} annotation revisions and {result.Tasks} tasks; "
                + $"stale now: {result.StaleVersions} dataset versions, {result.StaleCheckpoints} checkpoints");
            foreach (string file in parse.GetValue(json) ? [] : result.RemovedFiles)
                Console.Out.WriteLine($"removed {file}");
            foreach (string file in parse.GetValue(json) ? [] : result.ChangedFiles)
                Console.Out.WriteLine($"took its lines or samples out of {file}");
            return CommandLine.Success;
        });
        return command;
    }

    /// <summary>A home folder that exists: a mistyped one is neither created nor taken for an empty one.</summary>
    internal static Home ExistingHome(string? option)
    {
        var folder = Home.Resolve(option);
        return File.Exists(folder.Database) ? folder
            : throw new UserError($"{folder.Root}: not a home folder: it has no {Path.GetFileName(folder.Database)}; "
                + $"name another with --home or {Home.Variable}");
    }

    public static Command Backup()
    {
        var file = new Argument<string>("file") { Description = "The file to write; it must not exist yet.", HelpName = "FILE" };
        var home = PipelineOptions.Home();
        var command = new Command(
            "backup", "Copies the database, also while it is in use, and the accounts beside it (FILE.accounts). "
            + "Runs and models (runs/ in the home folder) are not part of the copy.")
        {
            file, home,
        };
        command.SetAction(async (parse, stop) =>
        {
            var folder = ExistingHome(parse.GetValue(home));
            using var database = await RlhfDatabase.OpenAsync(folder.Database, stop);
            string? accounts = await AccountsBackup.CreateAsync(folder, parse.GetRequiredValue(file), stop);
            try
            {
                await Backups.CreateAsync(database, parse.GetRequiredValue(file), stop);
            }
            catch (UserError) when (accounts is not null)
            {
                File.Delete(accounts);
                throw;
            }
            return CommandLine.Success;
        });
        return command;
    }

    public static Command Restore()
    {
        var file = new Argument<string>("file") { Description = "A copy made by rlhf backup.", HelpName = "FILE" };
        var home = PipelineOptions.Home();
        var command = new Command("restore", "Replaces the database by a backup and repeats the erasures made since the backup. "
            + "Accounts are taken from it only where the home folder has none.")
        {
            file, home,
        };
        command.SetAction(async (parse, stop) =>
        {
            var folder = parse.OpenHome(home);
            using var alone = HomeLock.TryTake(folder)
                ?? throw new UserError($"{folder.Root}: its hub is running; stop it before restoring a backup");
            int erased = await Backups.RestoreAsync(folder, parse.GetRequiredValue(file), stop);
            await AccountsBackup.RestoreAsync(folder, parse.GetRequiredValue(file), stop);
            Console.Out.WriteLine($"restored {folder.Database}; "
                + $"the previous database is kept as {folder.Database}.before-restore; {erased} erasures repeated");
            return CommandLine.Success;
        });
        return command;
    }
}
