using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.LabelingUi.Shell.Requests;

namespace Rlhf.LabelingUi.Features.Account.Tokens;

/// <param name="Name">What the token is for.</param>
/// <param name="Days">How long it is valid; null: until it is revoked.</param>
public sealed record CreateTokenRequest(string Name, int? Days = null);

/// <summary><c>/api/v1/tokens</c>: the caller's own tokens.</summary>
internal static class TokensApi
{
    public const string Address = "/api/v1/tokens";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Address).WithTags("Accounts").RequireAuthorization(Policies.Annotator).DisableAntiforgery()
            .AddEndpointFilter<AccountRefusalFilter>();
        group.MapGet("", (HttpContext context, ApiTokens tokens, CancellationToken stop) =>
            tokens.ListAsync(context.User.AccountId(), stop)).WithSummary("Lists your tokens, without the tokens themselves.");
        group.MapPost("", CreateAsync).WithSummary("Makes a token, which is shown in this answer only.");
        group.MapDelete("{id:guid}", RevokeAsync).WithSummary("Revokes one of your tokens.");
    }

    private static async Task<IResult> CreateAsync(HttpContext context, ApiTokens tokens, CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<CreateTokenRequest>(context);
        var made = await tokens.CreateAsync(context.User.AccountId(), request.Name, request.Days, stop);
        return TypedResults.Created($"{Address}/{made.Id}", made);
    }

    private static async Task<IResult> RevokeAsync(Guid id, HttpContext context, ApiTokens tokens, CancellationToken stop) =>
        await tokens.RevokeAsync(context.User.AccountId(), id, stop)
            ? TypedResults.NoContent()
            : TypedResults.Problem($"you have no token {id}", statusCode: StatusCodes.Status404NotFound);
}
