"""Viewers' accounts: a Cognito user pool and the client that the page signs in with."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.retention import removal_policy


class Accounts(Construct):
    """A pool of e-mail addresses and passwords; the access token's subject is the account."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig) -> None:
        """Protected against deletion where the stage retains its data."""
        super().__init__(scope, id)
        self.user_pool = cognito.UserPool(
            self,
            "Pool",
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            self_sign_up_enabled=True,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_uppercase=True,
                require_symbols=True,
            ),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            feature_plan=cognito.FeaturePlan.PLUS,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
            deletion_protection=config.retain_data,
            removal_policy=removal_policy(config),
        )
        self.client = self._client()
        acknowledge(
            self.user_pool,
            "viewers sign in on televisions: a second factor is theirs to choose, and threat "
            "protection asks for one where a sign-in looks wrong",
            "AwsSolutions-COG2",
        )

    def _client(self) -> cognito.UserPoolClient:
        # The page asks Cognito itself, over TLS and without a page of Cognito's in between. SRP is
        # for clients that can do its arithmetic.
        return self.user_pool.add_client(
            "Page",
            auth_flows=cognito.AuthFlow(user_srp=True, user_password=True),
            disable_o_auth=True,
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30),
        )
