"""Who gets which answer from which address, by hand, from the requirement's table of roles and scopes.

Columns: `nobody` has no account and holds forged addresses; `customer` holds genuine ones. `viewer` to
`admin` work for Northwind. `holder` and `reader` are the account admin and a viewer of Fabrikam, which
holds provisioning for Contoso; `offered` is the account admin of Adventure, to which support is offered;
`untied` that of Litware, which Northwind has only proposed a partnership. `tailspin` is another provider's
account admin; `staff` may enter the admin and do nothing there yet; `superuser` may do everything there.

Cells: `in` is the way to the sign-in page, `302` any other redirect. A form posted empty answers 200 to
whoever may fill it in. A method without a row answers 405, `in` to whom the address is closed.
"""

from dataclasses import dataclass

ACTORS = (
    "nobody",
    "customer",
    "viewer",
    "helpdesk",
    "seller",
    "agent",
    "admin",
    "holder",
    "reader",
    "offered",
    "untied",
    "tailspin",
    "staff",
    "superuser",
)

# Open without signing in: the door itself, health, language and theme, what customers open, development's mails.
PUBLIC = {
    "healthz",
    "set_language",
    "set_theme",
    "account_login",
    "account_logout",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "admin:login",
    "partners:join",
    "partners:onboarding",
    "customers:landing",
    "customers:landing-decline",
    "customers:landing-again",
    "customers:landing-code",
    "customers:landing-new-code",
    "my",
    "customers:my-ask",
    "customers:my-withdraw",
    "customers:my-withdraw-code",
    "customers:my-refuse",
    "customers:my-agree",
    "customers:my-agree-code",
    "customers:my-lift",
    "customers:my-renewal",
    "customers:my-renewal-decline",
    "customers:my-renewal-code",
    "customers:my-renewal-new-code",
    "customers:my-record",
    "subscriptions:my-end",
    "subscriptions:my-end-code",
    "subscriptions:my-step",
    "subscriptions:my-step-skip",
    "subscriptions:my-step-file",
    "subscriptions:my-service",
    "dev-mails",
    "dev-mail",
    "dev-mail-html",
}

TABLE = """
#                                                                     nobo cust | view help sell agnt admn | hold read offr unti | tail | staf supr
GET  healthz                                                          200  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST set_language                                                     302  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
POST set_theme                                                        302  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
GET  dev-mails                                                        404  404  | 404  404  404  404  404  | 404  404  404  404  | 404  | 404  404
GET  dev-mail name=mail                                               404  404  | 404  404  404  404  404  | 404  404  404  404  | 404  | 404  404
GET  dev-mail-html name=mail                                          404  404  | 404  404  404  404  404  | 404  404  404  404  | 404  | 404  404

#    one's own
GET  partners:companies                                               in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST partners:act-for                                                 in   in   | 404  404  404  404  404  | 404  404  404  404  | 404  | 404  404
GET  partners:profile                                                 in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST partners:profile                                                 in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200

#    what everybody who works for a company reads
GET  home                                                             in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 302  302
GET  customers                                                        in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  customers-export                                                 in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  customers:invitations                                            in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  customers:privileges                                             in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  subscriptions:subscriptions                                      in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  subscriptions:subscriptions-export                               in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  partners:activity                                                in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  partners:activity-export                                         in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  customers:resellers                                              in   in   | 200  200  200  200  200  | 403  403  403  403  | 200  | 403  403
GET  customers:reseller pk=fabrikam                                   in   in   | 200  200  200  200  200  | 403  403  403  403  | 404  | 403  403
GET  customers:providers                                              in   in   | 403  403  403  403  403  | 200  200  200  200  | 403  | 403  403
GET  partners:team                                                    in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  partners:team-invite                                             in   in   | 403  403  403  403  200  | 200  403  200  200  | 200  | 403  403
POST partners:team-invite                                             in   in   | 403  403  403  403  200  | 200  403  200  200  | 200  | 403  403
POST partners:team-resend pk=team-invitation                          in   in   | 403  403  403  403  302  | 404  404  404  404  | 404  | 403  403
POST partners:team-withdraw pk=team-invitation                        in   in   | 403  403  403  403  302  | 404  404  404  404  | 404  | 403  403
GET  partners:team-role pk=colleague                                  in   in   | 403  403  403  403  200  | 404  404  404  404  | 404  | 403  403
POST partners:team-role pk=colleague                                  in   in   | 403  403  403  403  200  | 404  404  404  404  | 404  | 403  403
GET  partners:team-remove pk=colleague                                in   in   | 403  403  403  403  200  | 404  404  404  404  | 404  | 403  403
POST partners:team-remove pk=colleague                                in   in   | 403  403  403  403  302  | 404  404  404  404  | 404  | 403  403
GET  partners:team-leave                                              in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
POST partners:team-leave                                              in   in   | 302  302  302  302  302  | 302  302  302  302  | 302  | 403  403
GET  subscriptions:attention                                          in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  subscriptions:attention-put-off kind=kind pk=relationship        in   in   | 200  200  200  200  200  | 404  404  404  404  | 404  | 403  403
POST subscriptions:attention-put-off kind=kind pk=relationship        in   in   | 200  200  200  200  200  | 404  404  404  404  | 404  | 403  403
POST subscriptions:attention-wake kind=kind pk=relationship           in   in   | 404  404  404  404  302  | 404  404  404  404  | 404  | 403  403
GET  partners:settings                                                in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
POST partners:settings                                                in   in   | 403  403  403  403  200  | 200  403  200  200  | 200  | 403  403

GET  customers:edition                                                in   in   | 403  403  403  403  200  | 403  403  403  403  | 200  | 403  403
POST customers:edition                                                in   in   | 403  403  403  403  302  | 403  403  403  403  | 302  | 403  403

GET  partners:mail-texts                                              in   in   | 200  200  200  200  200  | 403  403  403  403  | 200  | 403  403
GET  partners:mail-text event=mail-event language=language            in   in   | 200  200  200  200  200  | 403  403  403  403  | 200  | 403  403
POST partners:mail-text event=mail-event language=language            in   in   | 403  403  403  403  302  | 403  403  403  403  | 302  | 403  403
POST partners:mail-text-preview event=mail-event language=language    in   in   | 403  403  403  403  200  | 403  403  403  403  | 200  | 403  403

#    transfers: between providers, asked for, answered or kept by hand by their agents
GET  subscriptions:transfers                                          in   in   | 200  200  200  200  200  | 403  403  403  403  | 200  | 403  403
GET  subscriptions:transfer-new                                       in   in   | 403  403  403  200  200  | 403  403  403  403  | 200  | 403  403
GET  subscriptions:transfer pk=transfer-received                      in   in   | 200  200  200  200  200  | 404  404  404  404  | 404  | 403  403
GET  subscriptions:transfer pk=transfer-sent                          in   in   | 200  200  200  200  200  | 404  404  404  404  | 404  | 403  403
GET  subscriptions:transfer pk=transfer-by-hand                       in   in   | 200  200  200  200  200  | 404  404  404  404  | 404  | 403  403
GET  subscriptions:transfer-accept pk=transfer-received               in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
POST subscriptions:transfer-accept pk=transfer-received               in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
GET  subscriptions:transfer-decline pk=transfer-received              in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
POST subscriptions:transfer-decline pk=transfer-received              in   in   | 403  403  403  302  302  | 404  404  404  404  | 404  | 403  403
GET  subscriptions:transfer-cancel pk=transfer-sent                   in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
POST subscriptions:transfer-cancel pk=transfer-sent                   in   in   | 403  403  403  302  302  | 404  404  404  404  | 404  | 403  403
GET  subscriptions:transfer-note pk=transfer-by-hand                  in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
POST subscriptions:transfer-note pk=transfer-by-hand                  in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
GET  subscriptions:transfer-ask pk=contoso                            in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:transfer-ask pk=contoso                            in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
GET  subscriptions:transfer-record-in pk=contoso                      in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:transfer-record-in pk=contoso                      in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
GET  subscriptions:transfer-record-out pk=bought                      in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
POST subscriptions:transfer-record-out pk=bought                      in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403

#    customers: the provider's own, and the reseller's under a live assignment
GET  customer pk=contoso                                              in   in   | 200  200  200  200  200  | 200  200  404  404  | 404  | 403  403
GET  customers:customer-record                                        in   in   | 403  403  200  200  200  | 403  403  403  403  | 200  | 403  403
POST customers:customer-record                                        in   in   | 403  403  200  200  200  | 403  403  403  403  | 200  | 403  403
GET  customers:customer-edit pk=contoso                               in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:customer-edit pk=contoso                               in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403
GET  customers:contact-add pk=contoso                                 in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:contact-add pk=contoso                                 in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403
GET  customers:contact-edit pk=contact                                in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:contact-edit pk=contact                                in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403

#    invitations: made by a provider, passed on by the reseller they were handed to
GET  customers:invite                                                 in   in   | 403  403  302  302  302  | 403  403  403  403  | 302  | 403  403
GET  customers:invite-whom key=wizard                                 in   in   | 403  403  200  200  200  | 403  403  403  403  | 200  | 403  403
POST customers:invite-whom key=wizard                                 in   in   | 403  403  200  200  200  | 403  403  403  403  | 200  | 403  403
GET  customers:invite-asks key=wizard                                 in   in   | 403  403  200  200  200  | 403  403  403  403  | 302  | 403  403
POST customers:invite-asks key=wizard                                 in   in   | 403  403  200  200  200  | 403  403  403  403  | 302  | 403  403
GET  customers:invite-words key=wizard                                in   in   | 403  403  200  200  200  | 403  403  403  403  | 302  | 403  403
POST customers:invite-words key=wizard                                in   in   | 403  403  200  200  200  | 403  403  403  403  | 302  | 403  403
GET  customers:invite-check key=wizard                                in   in   | 403  403  200  200  200  | 403  403  403  403  | 302  | 403  403
POST customers:invite-leave key=wizard step=whom to=check             in   in   | 403  403  302  302  302  | 403  403  403  403  | 302  | 403  403
POST customers:invite-leave key=wizard step=asks to=check             in   in   | 403  403  302  302  302  | 403  403  403  403  | 302  | 403  403
POST customers:invite-leave key=wizard step=words to=check            in   in   | 403  403  302  302  302  | 403  403  403  403  | 302  | 403  403
POST customers:invite-glance key=wizard step=whom                     in   in   | 403  403  200  200  200  | 403  403  403  403  | 200  | 403  403
POST customers:invite-glance key=wizard step=asks                     in   in   | 403  403  200  200  200  | 403  403  403  403  | 404  | 403  403
POST customers:invite-glance key=wizard step=words                    in   in   | 403  403  200  200  200  | 403  403  403  403  | 404  | 403  403
POST customers:invite-send key=wizard                                 in   in   | 403  403  302  302  302  | 403  403  403  403  | 302  | 403  403
POST customers:invite-copy key=wizard                                 in   in   | 403  403  302  302  302  | 403  403  403  403  | 302  | 403  403
POST customers:invite-own-mail key=wizard                             in   in   | 403  403  302  302  302  | 403  403  403  403  | 302  | 403  403
POST customers:invite-save key=wizard                                 in   in   | 403  403  302  302  302  | 403  403  403  403  | 302  | 403  403
GET  customers:invite-made key=wizard                                 in   in   | 403  403  302  302  302  | 403  403  403  403  | 302  | 403  403
POST customers:invitation-go-on pk=draft                              in   in   | 403  403  403  302  302  | 404  404  404  404  | 404  | 403  403
GET  customers:invitation pk=direct                                   in   in   | 200  200  200  200  200  | 404  404  404  404  | 404  | 403  403
GET  customers:invitation pk=handed                                   in   in   | 200  200  200  200  200  | 200  200  404  404  | 404  | 403  403
GET  customers:invitation pk=draft                                    in   in   | 200  200  200  200  200  | 404  404  404  404  | 404  | 403  403
POST customers:invitation-open pk=draft                               in   in   | 403  403  403  302  302  | 404  404  404  404  | 404  | 403  403
POST customers:invitation-send pk=direct                              in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
POST customers:invitation-copy pk=direct                              in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
POST customers:invitation-forward pk=handed                           in   in   | 403  403  403  403  403  | 200  403  404  404  | 404  | 403  403
POST customers:invitation-forward-copy pk=handed                      in   in   | 403  403  403  403  403  | 200  403  404  404  | 404  | 403  403
GET  customers:invitation-withdraw pk=handed                          in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:invitation-withdraw pk=handed                          in   in   | 403  403  403  302  302  | 403  403  404  404  | 404  | 403  403
GET  customers:link-withdraw pk=forwarded-link                        in   in   | 403  403  403  200  200  | 200  403  404  404  | 404  | 403  403
POST customers:link-withdraw pk=forwarded-link                        in   in   | 403  403  403  302  302  | 302  403  404  404  | 404  | 403  403
GET  customers:link-withdraw pk=direct-link                           in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
POST customers:link-withdraw pk=direct-link                           in   in   | 403  403  403  302  302  | 404  404  404  404  | 404  | 403  403
POST customers:invitation-send-many pk=direct                         in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
POST customers:invitation-forward-many pk=campaign                    in   in   | 403  403  403  403  403  | 200  403  404  404  | 404  | 403  403
GET  customers:invitation-expiry pk=handed                            in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:invitation-expiry pk=handed                            in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
GET  customers:invitation-withdraw-links pk=handed                    in   in   | 403  403  403  403  403  | 200  403  404  404  | 404  | 403  403
POST customers:invitation-withdraw-links pk=handed                    in   in   | 403  403  403  403  403  | 302  403  404  404  | 404  | 403  403
POST customers:link-resend pk=forwarded-link                          in   in   | 403  403  403  302  302  | 302  403  404  404  | 404  | 403  403
POST customers:link-resend pk=direct-link                             in   in   | 403  403  403  302  302  | 404  404  404  404  | 404  | 403  403
POST customers:link-resend-copy pk=forwarded-link                     in   in   | 403  403  403  302  302  | 302  403  404  404  | 404  | 403  403
POST customers:link-close pk=forwarded-link                           in   in   | 403  403  403  302  302  | 403  403  404  404  | 404  | 403  403

#    requests: a reseller asks for an invitation, its provider answers
GET  customers:requests                                               in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  customers:request-new                                            in   in   | 403  403  403  403  403  | 200  403  200  200  | 403  | 403  403
POST customers:request-new                                            in   in   | 403  403  403  403  403  | 200  403  200  200  | 403  | 403  403
GET  customers:request pk=request                                     in   in   | 200  200  200  200  200  | 200  200  404  404  | 404  | 403  403
POST customers:request-withdraw pk=request                            in   in   | 403  403  403  403  403  | 302  403  404  404  | 404  | 403  403
POST customers:request-grant pk=request                               in   in   | 403  403  403  302  302  | 403  403  404  404  | 404  | 403  403
GET  customers:request-refuse pk=request                              in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:request-refuse pk=request                              in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403

#    answers
POST customers:acceptance-confirm pk=acceptance                       in   in   | 403  403  403  302  302  | 404  404  404  404  | 404  | 403  403
GET  customers:acceptance-refuse pk=acceptance                        in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
POST customers:acceptance-refuse pk=acceptance                        in   in   | 403  403  403  302  302  | 404  404  404  404  | 404  | 403  403
GET  customers:agreement-attest pk=relationship                       in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:agreement-attest pk=relationship                       in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:microsoft-note pk=relationship                         in   in   | 403  403  403  302  302  | 403  403  404  404  | 404  | 403  403

#    privileges: assigned by the provider, answered by the reseller they are offered to
GET  customers:assign pk=contoso                                      in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:assign pk=contoso                                      in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:assignment-accept pk=offer                             in   in   | 403  403  403  403  403  | 404  404  302  404  | 404  | 403  403
POST customers:assignment-decline pk=offer                            in   in   | 403  403  403  403  403  | 404  404  302  404  | 404  | 403  403
POST customers:assignment-withdraw pk=offer                           in   in   | 403  403  403  302  302  | 404  404  403  404  | 404  | 403  403
GET  customers:assignment-revoke pk=assignment                        in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:assignment-revoke pk=assignment                        in   in   | 403  403  403  302  302  | 403  403  404  404  | 404  | 403  403
GET  customers:assignment-give-up pk=assignment                       in   in   | 403  403  403  403  403  | 200  403  404  404  | 404  | 403  403
POST customers:assignment-give-up pk=assignment                       in   in   | 403  403  403  403  403  | 302  403  404  404  | 404  | 403  403

#    renewals: proposed by the provider's agents, answered by the customer alone
GET  customers:renewal-propose pk=contoso                             in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:renewal-propose pk=contoso                             in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
GET  customers:renewal-withdraw pk=renewal                            in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:renewal-withdraw pk=renewal                            in   in   | 403  403  403  302  302  | 403  403  404  404  | 404  | 403  403

#    hand-overs: offered by the provider, answered whole by the reseller they are offered to
GET  customers:handovers                                              in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  customers:handover pk=hand-over                                  in   in   | 200  200  200  200  200  | 404  404  200  404  | 404  | 403  403
POST customers:handover-accept pk=hand-over                           in   in   | 403  403  403  403  403  | 404  404  302  404  | 404  | 403  403
POST customers:handover-decline pk=hand-over                          in   in   | 403  403  403  403  403  | 404  404  302  404  | 404  | 403  403
POST customers:handover-withdraw pk=hand-over                         in   in   | 403  403  403  302  302  | 404  404  403  404  | 404  | 403  403
GET  customers:customer-hand-over pk=contoso                          in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:customer-hand-over pk=contoso                          in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
GET  customers:reseller-hand-over pk=fabrikam                         in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403
POST customers:reseller-hand-over pk=fabrikam                         in   in   | 403  403  403  200  200  | 404  404  404  404  | 404  | 403  403

#    the existing book, what was noted of Microsoft, and the end
GET  customers:customer-existing pk=contoso                           in   in   | 403  403  403  403  200  | 403  403  404  404  | 404  | 403  403
POST customers:customer-existing pk=contoso                           in   in   | 403  403  403  403  200  | 403  403  404  404  | 404  | 403  403
GET  customers:microsoft-undo pk=relationship                         in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST customers:microsoft-undo pk=relationship                         in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
GET  subscriptions:relationship-end pk=relationship                   in   in   | 403  403  403  403  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:relationship-end pk=relationship                   in   in   | 403  403  403  403  302  | 403  403  404  404  | 404  | 403  403

#    partnerships: proposed by the provider, answered by the reseller, ended by either's account admin
GET  partners:partnership-propose                                     in   in   | 403  403  403  200  200  | 403  403  403  403  | 200  | 403  403
POST partners:partnership-propose                                     in   in   | 403  403  403  200  200  | 403  403  403  403  | 200  | 403  403
GET  partners:onboardings                                             in   in   | 200  200  200  200  200  | 403  403  403  403  | 200  | 403  403
GET  partners:onboarding-start                                        in   in   | 403  403  403  200  200  | 403  403  403  403  | 200  | 403  403
POST partners:onboarding-start                                        in   in   | 403  403  403  200  200  | 403  403  403  403  | 200  | 403  403
POST partners:onboarding-resend pk=onboarding                         in   in   | 403  403  403  302  302  | 404  404  404  404  | 404  | 403  403
POST partners:onboarding-withdraw pk=onboarding                       in   in   | 403  403  403  302  302  | 404  404  404  404  | 404  | 403  403
POST partners:partnership-accept pk=proposal                          in   in   | 403  403  403  403  403  | 404  404  404  302  | 404  | 403  403
POST partners:partnership-decline pk=proposal                         in   in   | 403  403  403  403  403  | 404  404  404  302  | 404  | 403  403
POST partners:partnership-withdraw pk=proposal                        in   in   | 403  403  403  302  302  | 404  404  404  403  | 404  | 403  403
GET  partners:partnership-link pk=partnership                         in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST partners:partnership-link pk=partnership                         in   in   | 403  403  403  302  302  | 403  403  404  404  | 404  | 403  403
GET  customers:partnership-end pk=partnership                         in   in   | 403  403  403  403  200  | 200  403  404  404  | 404  | 403  403
POST customers:partnership-end pk=partnership                         in   in   | 403  403  403  403  302  | 302  403  404  404  | 404  | 403  403

#    subscriptions
GET  subscriptions:subscription pk=subscription                       in   in   | 200  200  200  200  200  | 200  200  404  404  | 404  | 403  403
GET  subscriptions:subscription-record pk=contoso                     in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:subscription-record pk=contoso                     in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403
GET  subscriptions:subscription-edit pk=subscription                  in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:subscription-edit pk=subscription                  in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403
GET  subscriptions:subscription-reseller pk=subscription              in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:subscription-reseller pk=subscription              in   in   | 403  403  200  200  200  | 403  403  404  404  | 404  | 403  403

#    moves: planned and kept by the provider's agents; a reseller closes the steps whose privilege it holds
GET  subscriptions:moves                                              in   in   | 200  200  200  200  200  | 200  200  200  200  | 200  | 403  403
GET  subscriptions:move pk=move                                       in   in   | 200  200  200  200  200  | 200  200  404  404  | 404  | 403  403
GET  subscriptions:move-print pk=move                                 in   in   | 200  200  200  200  200  | 200  200  404  404  | 404  | 403  403
GET  subscriptions:move-plan pk=subscription                          in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:move-plan pk=subscription                          in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
GET  subscriptions:moves-plan                                         in   in   | 403  403  403  200  200  | 403  403  403  403  | 200  | 403  403
POST subscriptions:moves-plan                                         in   in   | 403  403  403  302  302  | 403  403  403  403  | 302  | 403  403
GET  subscriptions:move-abandon pk=move                               in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:move-abandon pk=move                               in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
GET  subscriptions:move-keep pk=lost-move                             in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:move-keep pk=lost-move                             in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:move-target pk=move                                in   in   | 403  403  403  302  302  | 403  403  404  404  | 404  | 403  403
GET  subscriptions:step-close pk=step                                 in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:step-close pk=step                                 in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
GET  subscriptions:step-close pk=held-step                            in   in   | 403  403  403  200  200  | 200  403  404  404  | 404  | 403  403
POST subscriptions:step-close pk=held-step                            in   in   | 403  403  403  200  200  | 200  403  404  404  | 404  | 403  403
POST subscriptions:step-skip pk=optional-step                         in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
GET  subscriptions:step-file key=step-file                            in   in   | 200  200  200  200  200  | 200  403  404  404  | 404  | 403  403
POST subscriptions:inventory-add pk=move                              in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
GET  subscriptions:inventory-edit pk=service                          in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:inventory-edit pk=service                          in   in   | 403  403  403  200  200  | 403  403  404  404  | 404  | 403  403
POST subscriptions:inventory-remove pk=service                        in   in   | 403  403  403  302  302  | 403  403  404  404  | 404  | 403  403
POST subscriptions:inventory-moved pk=service                         in   in   | 403  403  403  302  302  | 302  403  404  404  | 404  | 403  403
POST subscriptions:inventory-cancelled pk=service                     in   in   | 403  403  403  302  302  | 403  403  404  404  | 404  | 403  403

#    what a reseller that is not here yet opens by a link
GET  partners:join token=team-token                                   404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST partners:join token=team-token                                   404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
GET  partners:onboarding token=onboarding-token                       404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST partners:onboarding token=onboarding-token                       404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200

#    what customers open by a link: whoever holds it
GET  customers:landing token=invitation-token                         404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:landing token=invitation-token                         404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
GET  customers:landing-decline token=invitation-token                 404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:landing-decline token=invitation-token                 404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
POST customers:landing-again token=invitation-token                   404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
GET  customers:landing-code token=invitation-token key=answer-code    404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:landing-code token=invitation-token key=answer-code    404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:landing-new-code token=invitation-token key=answer-code 404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
GET  my token=page-token                                              404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
GET  customers:my-record token=page-token                             404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
GET  customers:my-ask token=ask-token                                 404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:my-ask token=ask-token                                 404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
GET  customers:my-withdraw token=page-token pk=grant                  404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:my-withdraw token=page-token pk=grant                  404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
GET  customers:my-withdraw-code token=page-token pk=grant key=withdrawal-code 404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:my-withdraw-code token=page-token pk=grant key=withdrawal-code 404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
GET  customers:my-refuse token=page-token pk=assignment               404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:my-refuse token=page-token pk=assignment               404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
GET  customers:my-agree token=page-token pk=asked-offer               404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:my-agree token=page-token pk=asked-offer               404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
GET  customers:my-agree-code token=page-token pk=asked-offer key=agree-code 404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:my-agree-code token=page-token pk=asked-offer key=agree-code 404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
GET  customers:my-lift token=page-token pk=statement                  404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:my-lift token=page-token pk=statement                  404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
GET  subscriptions:my-step token=page-token pk=my-step                404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST subscriptions:my-step token=page-token pk=my-step                404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST subscriptions:my-step-skip token=page-token pk=my-last-step      404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST subscriptions:my-service token=page-token pk=my-service          404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
GET  subscriptions:my-step-file token=page-token key=my-file          404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
GET  subscriptions:my-end token=page-token                            404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST subscriptions:my-end token=page-token                            404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
GET  subscriptions:my-end-code token=page-token key=ending-code       404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST subscriptions:my-end-code token=page-token key=ending-code       404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
GET  customers:my-renewal token=page-token pk=renewal                 404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:my-renewal token=page-token pk=renewal                 404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
GET  customers:my-renewal-decline token=page-token pk=renewal         404  200  | 200  200  200  200  200  | 200  200  200  200  | 200  | 200  200
POST customers:my-renewal-decline token=page-token pk=renewal         404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
GET  customers:my-renewal-code token=page-token pk=renewal key=renewal-code 404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
POST customers:my-renewal-code token=page-token pk=renewal key=renewal-code 404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
POST customers:my-renewal-new-code token=page-token pk=renewal key=renewal-code 404  302  | 302  302  302  302  302  | 302  302  302  302  | 302  | 302  302
"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    method: str
    name: str
    arguments: tuple[tuple[str, str], ...]
    cells: tuple[str, ...]

    def expected(self, actor: str) -> str:
        """Return the answer somebody gets."""
        return self.cells[ACTORS.index(actor)]

    def __str__(self) -> str:
        return " ".join([self.method, self.name, *(f"{key}={value}" for key, value in self.arguments)])


def rows() -> list[Row]:
    """Return the table's lines; refuses one without a cell for everybody."""
    found = []
    for line in TABLE.splitlines():
        if line.strip() and not line.startswith("#"):
            words = line.replace("|", " ").split()
            (method, name, *arguments), cells = words[: -len(ACTORS)], words[-len(ACTORS) :]
            pairs = tuple((key, value) for key, _, value in (one.partition("=") for one in arguments))
            found.append(Row(method, name, pairs, tuple(cells)))
    return found


ROWS = rows()
