using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Tokens;
using Rlhf.LabelingUi.Shell.Requests;

namespace Rlhf.LabelingUi.Features.Account.Users;

/// <param name="Password">Null for an account that only its tokens are used of.</param>
/// <param name="Token">Whether to make a token, which the answer shows.</param>
public sealed record AddUserRequest(string Name, string Role, string? Password = null, bool Token = false);

/// <summary>What is to change; what is left out stays.</summary>
public sealed record ChangeUserRequest(string? Role = null, bool? Disabled = null, string? Password = null);

/// <summary>An account as the API shows it.</summary>
public sealed record UserAnswer(
    Guid Id, string Name, string Role, Guid AnnotatorId, bool Disabled, bool Guest, int Tokens, DateTimeOffset Created);

public sealed record AddedUser(Guid Id, string Name, string Role, Guid AnnotatorId, string? Token);

/// <summary><c>/api/v1/users</c>: accounts, for administrators.</summary>
internal static class UsersApi
{
    public const string Address = "/api/v1/users";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Address).WithTags("Accounts").RequireAuthorization(Policies.Admin).DisableAntiforgery()
            .AddEndpointFilter<AccountRefusalFilter>();
        group.MapGet("", ListAsync).WithSummary("Lists all accounts by name.");
        group.MapPost("", AddAsync).WithSummary("Adds an account; a token is shown in this answer only.");
        group.MapPatch("{id:guid}", ChangeAsync).WithSummary("Changes the role or the password of an account, disables or enables it.");
        group.MapDelete("{id:guid}", RemoveAsync).WithSummary("Removes an account and its tokens. Its annotator's answers stay.");
    }

    private static async Task<IEnumerable<UserAnswer>> ListAsync(Accounts accounts, CancellationToken stop) =>
        (await accounts.ListAsync(stop)).Select(a => new UserAnswer(
            a.Id, a.Name, a.Role.ApiName(), a.AnnotatorId, a.Disabled, a.IsGuest, a.Tokens, a.Created));

    private static async Task<IResult> AddAsync(HttpContext context, Accounts accounts, ApiTokens tokens, CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<AddUserRequest>(context);
        var role = RoleField.Read(request.Role);
        var account = await accounts.AddAsync(request.Name, role, request.Password, stop);
        string? token = request.Token ? (await tokens.CreateAsync(account.Id, "made with the account", days: null, stop)).Token : null;
        return TypedResults.Created($"{Address}/{account.Id}",
            new AddedUser(account.Id, account.UserName!, role.ApiName(), account.AnnotatorId, token));
    }

    private static async Task<IResult> ChangeAsync(Guid id, HttpContext context, Accounts accounts, CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<ChangeUserRequest>(context);
        var role = request.Role is null ? (AccountRole?)null : RoleField.Read(request.Role);
        if (request.Password is { } password)
            await accounts.SetPasswordAsync(await accounts.GetAsync(id.ToString()), password);
        if (role is { } changed)
            await accounts.SetRoleAsync(id, changed, stop);
        if (request.Disabled is { } disabled)
            await accounts.SetDisabledAsync(id, disabled, stop);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> RemoveAsync(Guid id, Accounts accounts, CancellationToken stop)
    {
        await accounts.RemoveAsync(id, stop);
        return TypedResults.NoContent();
    }
}
