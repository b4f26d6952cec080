using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Features.Account.Invitations;
using Rlhf.LabelingUi.Features.Account.SignIn;
using Rlhf.LabelingUi.Features.Account.Tokens;
using Rlhf.LabelingUi.Features.Account.Users;

namespace Rlhf.LabelingUi.Features.Account;

/// <summary>Everything about accounts that is not a page.</summary>
internal static class AccountEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        LanguageForm.Map(routes);
        SessionApi.Map(routes);
        TokensApi.Map(routes);
        UsersApi.Map(routes);
        InvitationsApi.Map(routes);
    }
}
