import { expect, it } from 'vitest'
import { namespaceIn } from './namespace-words.ts'

it.each<[string, ReturnType<typeof namespaceIn>]>([
  ['All pods are running: kubectl get pods -n shop', 'shop'],
  ['kubectl get pods --namespace=shop-eu', 'shop-eu'],
  ['All pods are ready in namespace shop', 'shop'],
  ['All pods in the shop namespace are ready', 'shop'],
  ['Namespace: none of them', null],
  ['Pods of the namespace are ready', null],
  ['All pods in the namespace are ready', null],
  ['All pods in this namespace are ready', null],
  ['All pods are ready', null],
  ['kubectl get pods -n <namespace>', 'unclear'],
  ['kubectl get pods --namespace=$NAMESPACE', 'unclear'],
  ['Pods run in namespace your-namespace', 'unclear'],
])('%s: %s', (words, namespace) => {
  expect(namespaceIn(words)).toBe(namespace)
})
