using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.LabelingUi.Shell.Texts;

namespace Rlhf.LabelingUi.Features.Account.SignIn;

/// <summary><c>POST /account/language</c>: the form of the language chooser, on every page and for everybody.</summary>
internal static class LanguageForm
{
    public const string Address = "/account/language", Field = "language";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost(Address, ChooseAsync).AllowAnonymous().ExcludeFromDescription();

    private static async Task<IResult> ChooseAsync(HttpContext context, IAntiforgery antiforgery, Accounts accounts)
    {
        if (!context.Request.HasFormContentType || !await antiforgery.IsRequestValidAsync(context))
            return TypedResults.StatusCode(StatusCodes.Status400BadRequest);
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (Languages.Match(form[Field]) is not { } language)
            return TypedResults.StatusCode(StatusCodes.Status400BadRequest);
        Languages.Remember(context, language);
        if (context.User.IsSignedIn())
        {
            var account = await accounts.GetAsync(context.User.AccountId().ToString());
            await accounts.SetPreferencesAsync(account, language, account.SingleKeyShortcuts);
        }
        string? back = form[ReturnAddress.Name];
        return TypedResults.LocalRedirect(ReturnAddress.IsLocal(back) ? back! : context.Request.PathBase + "/");
    }
}
