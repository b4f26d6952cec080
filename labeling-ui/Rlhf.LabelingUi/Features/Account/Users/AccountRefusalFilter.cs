using Microsoft.AspNetCore.Http;

namespace Rlhf.LabelingUi.Features.Account.Users;

/// <summary>Answers what was refused about an account as problem details that name the field.</summary>
internal sealed class AccountRefusalFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (AccountRefusedException refused)
        {
            return TypedResults.Problem(refused.Message, statusCode: StatusOf(refused.Reason), extensions: new Dictionary<string, object?>
            {
                ["errors"] = new Dictionary<string, string[]> { [refused.Field] = [refused.Message] },
            });
        }
    }

    private static int StatusOf(AccountRefusal reason) => reason switch
    {
        AccountRefusal.NoSuchAccount => StatusCodes.Status404NotFound,
        AccountRefusal.NameTaken or AccountRefusal.LastAdmin => StatusCodes.Status409Conflict,
        AccountRefusal.RoleTooHigh => StatusCodes.Status403Forbidden,
        _ => StatusCodes.Status400BadRequest,
    };
}
