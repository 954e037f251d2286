/** What a user may do. Each includes those in front of it. */
export const ROLES = ['read', 'operate', 'submit'] as const

/** A name of {@link ROLES}. */
export type Role = (typeof ROLES)[number]

/** Who sent a request. */
export interface User {
  readonly name: string
  readonly role: Role
}

/** Whether a role includes what a route asks for. */
export function mayAccess(role: Role, access: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(access)
}
