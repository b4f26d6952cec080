using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Invitations;
using Rlhf.LabelingUi.Features.Account.SignIn;
using Rlhf.LabelingUi.Features.Account.Store;
using Rlhf.LabelingUi.Features.Account.Tokens;
using Rlhf.Storage;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Account.Users;

/// <summary>The services of accounts, for the pages and for commands beside them.</summary>
public static class AccountServices
{
    /// <summary>After so many wrong passwords an account is locked for <see cref="LockoutTime"/>.</summary>
    public const int MaxFailures = 5;

    public static readonly TimeSpan LockoutTime = TimeSpan.FromMinutes(5);

    /// <exception cref="Core.UserError">The accounts of the home folder cannot be opened.</exception>
    internal static IServiceCollection AddAccounts(this IServiceCollection services, Home home)
    {
        var accounts = AccountsDatabase.Open(home);
        // By a factory: what the container makes, it disposes.
        services.AddSingleton(_ => accounts);
        services.AddScoped(provider => provider.GetRequiredService<AccountsDatabase>().CreateContext());
        services.TryAddSingleton<AccountStates>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddIdentityCore<UserAccount>(options =>
        {
            // AccountRules says what names and passwords are.
            options.User.AllowedUserNameCharacters = "";
            options.Password = new PasswordOptions
            {
                RequiredLength = AccountRules.MinPasswordLength,
                RequireDigit = false,
                RequireLowercase = false,
                RequireUppercase = false,
                RequireNonAlphanumeric = false,
            };
            options.Lockout.MaxFailedAccessAttempts = MaxFailures;
            options.Lockout.DefaultLockoutTimeSpan = LockoutTime;
        }).AddEntityFrameworkStores<AccountsContext>();
        services.AddScoped(provider => new Accounts(
            provider.GetRequiredService<UserManager<UserAccount>>(), provider.GetRequiredService<AccountsContext>(),
            provider.GetRequiredService<RlhfDatabase>(), provider.GetRequiredService<AccountStates>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddScoped(provider => new ApiTokens(
            provider.GetRequiredService<AccountsContext>(), provider.GetRequiredService<AccountStates>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddScoped<AccountInvitations>();
        services.AddScoped<PasswordSignIn>();
        services.TryAddSingleton(provider => new LabelingMembers(
            provider.GetRequiredService<RlhfDatabase>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>The services alone, for a command. The caller disposes them.</summary>
    /// <exception cref="Core.UserError">The accounts of the home folder cannot be opened.</exception>
    public static ServiceProvider Build(Home home, RlhfDatabase database) =>
        new ServiceCollection().AddLogging().AddSingleton(database).AddAccounts(home).BuildServiceProvider();
}
