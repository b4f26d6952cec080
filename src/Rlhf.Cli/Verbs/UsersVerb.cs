using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Cli.Hosting;
using Rlhf.Cli.Parsing;
using Rlhf.Core;
using Rlhf.LabelingUi;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Invitations;
using Rlhf.LabelingUi.Features.Account.Tokens;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.Storage;

namespace Rlhf.Cli.Verbs;

/// <summary>
/// <c>rlhf users add|list|remove|invite</c>: the accounts of a home folder, whether its hub is running or not. Whoever can write the home
/// folder is its administrator.
/// </summary>
internal static class UsersVerb
{
    public static Command Create() => new("users", "The accounts of the labeling app, and invitations to make one.")
    {
        Add(), List(), Remove(), Invite(),
    };

    private static Command Add()
    {
        var name = new Argument<string>("NAME") { Description = "The name to sign in with." };
        var role = Role("What the account may do.", required: true);
        var token = new Option<bool>("--token") { Description = "Makes a token for the API; it is written once, and not kept." };
        var password = new Option<bool>("--password-stdin")
        {
            Description = "Reads a password from the first line of standard input: on a command line, others could read it.",
        };
        var home = PipelineOptions.Home();
        var json = PipelineOptions.Json();
        var command = new Command("add", "Adds an account.") { name, role, token, password, home, json };
        command.SetAction(async (parse, stop) =>
        {
            bool withToken = parse.GetValue(token), withPassword = parse.GetValue(password);
            if (!withToken && !withPassword)
                throw new UserError("nobody could use this account: give --token, --password-stdin or both; or `rlhf users invite`");
            string? secret = withPassword
                ? await Console.In.ReadLineAsync(stop) ?? throw new UserError("--password-stdin: standard input is empty")
                : null;
            return await WithServicesAsync(parse.OpenHome(home), async services =>
            {
                var account = await services.GetRequiredService<Accounts>()
                    .AddAsync(parse.GetRequiredValue(name), parse.GetValue(role), secret, stop);
                var made = withToken
                    ? await services.GetRequiredService<ApiTokens>().CreateAsync(account.Id, "made with the account", days: null, stop)
                    : null;
                if (parse.GetValue(json))
                    JsonLine.Write(new
                    {
                        id = account.Id,
                        name = account.UserName,
                        role = account.Role.ApiName(),
                        annotator = account.AnnotatorId,
                        token = made?.Token,
                    });
                else
                    Console.Out.WriteLine(made?.Token
                        ?? $"added '{account.UserName}' as {account.Role.ApiName()} (annotator {account.AnnotatorId})");
            }, stop);
        });
        return command;
    }

    private static Command List()
    {
        var home = PipelineOptions.Home();
        var json = new Option<bool>("--json") { Description = "One JSON object for each account, one line each." };
        var command = new Command("list", "Lists the accounts.") { home, json };
        command.SetAction((parse, stop) => WithServicesAsync(Existing(parse.GetValue(home)), async services =>
        {
            foreach (var account in await services.GetRequiredService<Accounts>().ListAsync(stop))
            {
                if (parse.GetValue(json))
                    JsonLine.Write(new
                    {
                        id = account.Id,
                        name = account.Name,
                        role = account.Role.ApiName(),
                        annotator = account.AnnotatorId,
                        disabled = account.Disabled,
                        guest = account.IsGuest,
                        tokens = account.Tokens,
                        created = account.Created,
                    });
                else
                    Console.Out.WriteLine($"{account.Name}\t{account.Role.ApiName()}\t{account.AnnotatorId}"
                        + (account.Disabled ? "\tdisabled" : ""));
            }
        }, stop));
        return command;
    }

    private static Command Remove()
    {
        var name = new Argument<string>("NAME") { Description = "The name or the id of the account." };
        var home = PipelineOptions.Home();
        var command = new Command("remove", "Removes an account and its tokens. What was answered stays; "
            + "`rlhf erase annotator` removes that, with the account.") { name, home };
        command.SetAction((parse, stop) => WithServicesAsync(Existing(parse.GetValue(home)), async services =>
        {
            var accounts = services.GetRequiredService<Accounts>();
            var account = await accounts.GetAsync(parse.GetRequiredValue(name));
            await accounts.RemoveAsync(account.Id, stop);
            Console.Out.WriteLine($"removed '{account.UserName}'; the answers of annotator {account.AnnotatorId} stay");
        }, stop));
        return command;
    }

    private static Command Invite()
    {
        var role = Role("The role of the accounts. [default: annotator]", required: false);
        var project = new Option<Guid?>("--project")
        {
            Description = "The labeling project that they become members of.",
            HelpName = "ID",
            CustomParser = argument => TypedValues.Id(argument),
        };
        var uses = NumberOptions.Optional("--uses", "How many accounts may be made with it. [default: 1]", least: 1);
        var days = NumberOptions.Optional("--days", "How many days it is valid. [default: 7]", least: 1);
        var workers = new Option<bool>("--workers")
        {
            Description = "A link for workers of Prolific, MTurk and the like, who get guest accounts; needs --project.",
        };
        var url = new Option<string?>("--url")
        {
            Description = "Where people reach the server; by default where the running hub listens.",
            HelpName = "URL",
        };
        var home = PipelineOptions.Home();
        var json = PipelineOptions.Json();
        var command = new Command("invite", "Makes a link with which people make accounts of their own.")
        {
            role, project, uses, days, workers, url, home, json,
        };
        command.SetAction(async (parse, stop) =>
        {
            var folder = parse.OpenHome(home);
            string server = parse.GetValue(url)?.TrimEnd('/') ?? HubAddressFile.TryRead(folder)?.Url ?? LabelingServer.DefaultAddress;
            var defaults = new InvitationRequest();
            var request = new InvitationRequest(
                parse.GetValue(role), parse.GetValue(project), parse.GetValue(uses) ?? (parse.GetValue(workers) ? null : defaults.Uses),
                parse.GetValue(days) ?? defaults.Days, parse.GetValue(workers));
            return await WithServicesAsync(folder, async services =>
            {
                var made = await services.GetRequiredService<AccountInvitations>().CreateAsync(request, by: null, AccountRole.Admin, stop);
                if (parse.GetValue(json))
                    JsonLine.Write(new { id = made.Id, url = server + made.Path, uses = made.Uses, expires = made.Expires });
                else
                    Console.Out.WriteLine($"{server}{made.Path} (valid until "
                        + $"{made.Expires.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC)");
            }, stop);
        });
        return command;
    }

    private static Option<AccountRole> Role(string description, bool required) => new("--role")
    {
        Description = description,
        HelpName = TypedValues.Names<AccountRole>(),
        CustomParser = TypedValues.Choice<AccountRole>,
        Required = required,
    };

    private static Home Existing(string? option)
    {
        var folder = Home.Resolve(option);
        return File.Exists(folder.Database) ? folder
            : throw new UserError($"{folder.Root}: no rlhf.db there; --home or {Home.Variable} names the home folder");
    }

    private static async Task<int> WithServicesAsync(Home home, Func<IServiceProvider, Task> work, CancellationToken stop)
    {
        using var database = await RlhfDatabase.OpenAsync(home.Database, stop);
        await using var services = AccountServices.Build(home, database);
        await using var scope = services.CreateAsyncScope();
        try
        {
            await work(scope.ServiceProvider);
            return CommandLine.Success;
        }
        catch (AccountRefusedException refused)
        {
            throw new UserError(refused.Message, refused);
        }
    }
}
